import { invalidRequest } from "../http/api-error";
import { findByParam, findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata, type Params } from "../http/params";
import type { Api } from "../http/router";
import { makePrice } from "../objects/make-price";
import { makeProduct } from "../objects/make-product";
import type { Product } from "../wire";
import type { World } from "../world";
import { readPriceAmount, readRecurring } from "./prices";

export function registerProducts(api: Api, world: World): void {
  api.post("/v1/products", ({ params }) => {
    const id = params.string("id");
    if (id && world.get("products", id)) {
      throw invalidRequest(`Product already exists.`, "resource_already_exists", "id");
    }
    const name = params.required("name");
    const fields = readFields(world, params, null);
    const defaults = params.object("default_price_data");
    const priceData = defaults && {
      currency: defaults.required("currency"),
      unitAmountDecimal: readPriceAmount(defaults),
      recurring: readRecurring(defaults.object("recurring")),
      metadata: mergeMetadata(null, defaults.metadata()),
    };
    defaults?.ignore("tax_behavior", "currency_options");
    params.ignore("type");
    params.finish();
    const product = world.add(
      "products",
      { ...makeProduct({ id, name, created: world.now() }), ...fields },
      "product.created",
    );
    if (!priceData) return product;
    const price = makePrice({ ...priceData, created: world.now(), product: product.id });
    world.add("prices", price, "price.created");
    return world.change("products", product.id, { default_price: price.id }, "product.updated");
  });

  api.get("/v1/products", ({ params }) => {
    const page = readPage(params);
    const active = params.boolean("active");
    const ids = params.strings("ids");
    const created = params.timeRange("created");
    params.ignore("shippable", "type", "url");
    params.finish();
    const rows = world.list("products").filter((product) => {
      if (active !== undefined && product.active !== active) return false;
      if (ids && !ids.includes(product.id)) return false;
      return product.created >= created.from && product.created <= created.to;
    });
    return paginate(rows, page, "/v1/products", "product");
  });

  api.get("/v1/products/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "products", path("id"));
  });

  api.post("/v1/products/:id", ({ params, path }) => {
    const product = findByPath(world, "products", path("id"));
    const name = params.string("name");
    const fields = readFields(world, params, product);
    params.finish();
    const changes = name === undefined ? fields : { ...fields, name };
    return world.change("products", product.id, { ...changes, updated: world.now() }, "product.updated");
  });

  api.delete("/v1/products/:id", ({ params, path }) => {
    const product = findByPath(world, "products", path("id"));
    params.finish();
    if (world.list("prices").some((price) => price.product === product.id)) {
      throw invalidRequest(
        "This product cannot be deleted because it has one or more user-created prices.",
        undefined,
        "id",
      );
    }
    world.remove("products", product.id);
    world.emit("product.deleted", product);
    return { id: product.id, object: "product", deleted: true };
  });
}

function readFields(world: World, params: Params, current: Product | null): Partial<Product> {
  params.ignore("package_dimensions", "shippable", "tax_code", "tax_details");
  const defaultPrice = params.string("default_price");
  if (defaultPrice) findByParam(world, "prices", defaultPrice, "default_price");
  const fields: Partial<Product> = {
    active: params.boolean("active"),
    default_price: defaultPrice,
    description: params.nullableString("description"),
    images: params.strings("images"),
    marketing_features: params
      .objects("marketing_features")
      ?.map((feature) => ({ name: feature.required("name") })),
    metadata: mergeMetadata(current?.metadata ?? null, params.metadata()),
    statement_descriptor: params.string("statement_descriptor"),
    unit_label: params.nullableString("unit_label"),
    url: params.nullableString("url"),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
