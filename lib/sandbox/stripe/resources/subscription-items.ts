import { changeSubscription } from "../domain/subscriptions";
import { invalidRequest, noSuch } from "../http/api-error";
import { findByParam } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata, type Params } from "../http/params";
import type { Api } from "../http/router";
import type { Subscription, SubscriptionItem } from "../wire";
import type { World } from "../world";
import { findRecurring } from "./subscription-params";

const PRORATION_BEHAVIORS = ["create_prorations", "always_invoice", "none"] as const;

/** Items live inside their subscriptions; these routes look in there. */
export function registerSubscriptionItems(api: Api, world: World): void {
  const find = (id: string): { subscription: Subscription; item: SubscriptionItem } => {
    for (const subscription of world.list("subscriptions")) {
      const item = subscription.items.data.find((candidate) => candidate.id === id);
      if (item) return { subscription, item };
    }
    throw noSuch("subscription_item", id, "item", 404);
  };

  api.get("/v1/subscription_items", ({ params }) => {
    const page = readPage(params);
    const subscription = findByParam(world, "subscriptions", params.required("subscription"), "subscription");
    params.finish();
    return paginate(subscription.items.data.toReversed(), page, subscription.items.url, "subscription_item");
  });

  api.get("/v1/subscription_items/:id", ({ params, path }) => {
    params.finish();
    return find(path("id")).item;
  });

  api.post("/v1/subscription_items", ({ params }) => {
    const subscription = findByParam(world, "subscriptions", params.required("subscription"), "subscription");
    const price = findRecurring(world, params.required("price"), "price");
    const quantity = params.integer("quantity", { minimum: 0 }) ?? 1;
    const metadata = mergeMetadata(null, params.metadata());
    const prorationBehavior = readBehavior(params);
    if (subscription.items.data.some((item) => item.price.id === price.id)) {
      throw invalidRequest(
        `Cannot add multiple subscription items with the same plan: ${price.id}`,
        undefined,
        "price",
      );
    }
    const changed = changeSubscription(world, subscription.id, {
      items: [{ price, quantity, metadata }],
      prorationBehavior,
      fields: {},
    });
    return lastOf(changed.items.data);
  });

  api.post("/v1/subscription_items/:id", ({ params, path }) => {
    const { subscription, item } = find(path("id"));
    const priceId = params.string("price");
    const price = priceId === undefined ? undefined : findRecurring(world, priceId, "price");
    const quantity = params.integer("quantity", { minimum: 0 });
    const metadata = mergeMetadata(item.metadata, params.metadata());
    const prorationBehavior = readBehavior(params);
    const change = { id: item.id, price, quantity, metadata };
    changeSubscription(world, subscription.id, { items: [change], prorationBehavior, fields: {} });
    return find(item.id).item;
  });

  api.delete("/v1/subscription_items/:id", ({ params, path }) => {
    const { subscription, item } = find(path("id"));
    params.ignore("clear_usage");
    const prorationBehavior = readBehavior(params);
    if (subscription.items.data.length === 1) {
      throw invalidRequest("A subscription must have at least one active plan.", undefined, "item");
    }
    const change = { id: item.id, deleted: true };
    changeSubscription(world, subscription.id, { items: [change], prorationBehavior, fields: {} });
    return { id: item.id, object: "subscription_item", deleted: true };
  });
}

function readBehavior(params: Params) {
  const behavior = params.oneOf("proration_behavior", PRORATION_BEHAVIORS) ?? "create_prorations";
  params.ignore("off_session", "payment_behavior", "proration_date", "tax_rates", "discounts");
  params.finish();
  return behavior;
}

function lastOf(items: readonly SubscriptionItem[]): SubscriptionItem {
  const item = items.at(-1);
  if (!item) throw new Error("A subscription has lost its items.");
  return item;
}
