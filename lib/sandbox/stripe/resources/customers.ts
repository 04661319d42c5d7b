import { cancelSubscription } from "../domain/cancellations";
import { expireSession } from "../domain/checkout";
import { noSuch } from "../http/api-error";
import { findByParam, findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata, type Params } from "../http/params";
import type { Api } from "../http/router";
import { makeCustomer } from "../objects/make-customer";
import type { Customer } from "../wire";
import type { World } from "../world";

export function registerCustomers(api: Api, world: World): void {
  api.post("/v1/customers", ({ params }) => {
    const fields = readFields(world, params, null);
    const clockId = params.string("test_clock");
    params.finish();
    const clock = clockId === undefined ? null : findByParam(world, "test_clocks", clockId, "test_clock");
    const created = clock?.frozen_time ?? world.now();
    const customer = { ...makeCustomer({ created, testClock: clock?.id }), ...fields };
    return world.add("customers", customer, "customer.created");
  });

  api.get("/v1/customers", ({ params }) => {
    const page = readPage(params);
    const email = params.string("email");
    const clock = params.string("test_clock");
    const created = params.timeRange("created");
    params.finish();
    const rows = world.list("customers").filter((customer) => {
      if (email !== undefined && customer.email !== email) return false;
      // Customers on test clocks are only listed for their clock.
      if ((customer.test_clock ?? undefined) !== clock) return false;
      return customer.created >= created.from && customer.created <= created.to;
    });
    return paginate(rows, page, "/v1/customers", "customer");
  });

  api.get("/v1/customers/:id", ({ params, path }) => {
    params.finish();
    return world.get("deleted", path("id")) ?? findByPath(world, "customers", path("id"));
  });

  api.post("/v1/customers/:id", ({ params, path }) => {
    const customer = findByPath(world, "customers", path("id"));
    const fields = readFields(world, params, customer);
    params.finish();
    return world.change("customers", customer.id, fields, "customer.updated");
  });

  api.delete("/v1/customers/:id", ({ params, path }) => {
    const customer = findByPath(world, "customers", path("id"));
    params.finish();
    for (const subscription of world.list("subscriptions")) {
      const isOver = ["canceled", "incomplete_expired"].includes(subscription.status);
      if (subscription.customer === customer.id && !isOver) {
        cancelSubscription(world, subscription.id, { reason: "cancellation_requested" });
      }
    }
    for (const session of world.list("checkout_sessions")) {
      if (session.customer === customer.id && session.status === "open") expireSession(world, session.id);
    }
    world.remove("customers", customer.id);
    world.emit("customer.deleted", customer);
    return world.put("deleted", { id: customer.id, object: "customer", deleted: true });
  });

  registerCustomerMethods(api, world);
}

function registerCustomerMethods(api: Api, world: World): void {
  api.get("/v1/customers/:id/payment_methods", ({ params, path }) => {
    const customer = findByPath(world, "customers", path("id"));
    const page = readPage(params);
    const type = params.string("type");
    params.ignore("allow_redisplay");
    params.finish();
    const rows = world
      .list("payment_methods")
      .filter((method) => method.customer === customer.id && (type === undefined || type === method.type));
    return paginate(rows, page, `/v1/customers/${customer.id}/payment_methods`, "PaymentMethod");
  });

  api.get("/v1/customers/:id/payment_methods/:method", ({ params, path }) => {
    const customer = findByPath(world, "customers", path("id"));
    params.finish();
    const method = findByPath(world, "payment_methods", path("method"));
    if (method.customer !== customer.id) throw noSuch("PaymentMethod", method.id, "payment_method", 404);
    return method;
  });
}

/** What a create or an update sets. `current` is null when creating. */
function readFields(world: World, params: Params, current: Customer | null): Partial<Customer> {
  params.ignore("tax", "tax_id_data", "cash_balance", "next_invoice_sequence", "source");
  const fields: Partial<Customer> = {
    description: params.nullableString("description"),
    email: params.nullableString("email"),
    name: params.nullableString("name"),
    phone: params.nullableString("phone"),
    balance: params.integer("balance"),
    invoice_prefix: params.string("invoice_prefix"),
    preferred_locales: params.strings("preferred_locales"),
    tax_exempt: params.oneOf("tax_exempt", ["exempt", "none", "reverse"]),
    address: readAddress(params.object("address"), current),
    shipping: readShipping(params.object("shipping")),
    metadata: mergeMetadata(current?.metadata ?? null, params.metadata()),
  };
  const settings = params.object("invoice_settings");
  if (settings) {
    settings.ignore("custom_fields", "rendering_options");
    const method = settings.nullableString("default_payment_method");
    if (method) findByParam(world, "payment_methods", method, settings.pathOf("default_payment_method"));
    const base = current?.invoice_settings ?? makeCustomer({ created: 0 }).invoice_settings;
    fields.invoice_settings = {
      ...base,
      default_payment_method: method === undefined ? base.default_payment_method : method,
      footer: settings.nullableString("footer") ?? base.footer,
    };
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const ADDRESS_FIELDS = ["city", "country", "line1", "line2", "postal_code", "state"] as const;

function readAddress(params: Params | undefined, current: Customer | null): Customer["address"] | undefined {
  if (!params) return undefined;
  const address = {
    city: null,
    country: null,
    line1: null,
    line2: null,
    postal_code: null,
    state: null,
    ...current?.address,
  };
  for (const field of ADDRESS_FIELDS) address[field] = params.nullableString(field) ?? address[field];
  return address;
}

function readShipping(params: Params | undefined): Customer["shipping"] | undefined {
  if (!params) return undefined;
  return {
    name: params.string("name"),
    phone: params.nullableString("phone") ?? null,
    address: readAddress(params.object("address"), null) ?? undefined,
  };
}
