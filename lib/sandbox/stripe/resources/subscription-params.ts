/** Reads `items[…]` of the subscription calls. */
import type { ItemChange } from "../domain/proration";
import type { NewItem } from "../domain/subscriptions";
import { invalidRequest, missingParam } from "../http/api-error";
import { findByParam } from "../http/find";
import { mergeMetadata, type Params } from "../http/params";
import type { Price, Subscription } from "../wire";
import type { World } from "../world";

export function readNewItems(world: World, params: Params): NewItem[] {
  const entries = params.objects("items");
  if (!entries || entries.length === 0) throw missingParam("items");
  const items = entries.map((entry) => {
    const price = findRecurring(world, entry.required("price"), entry.pathOf("price"));
    const quantity = entry.integer("quantity", { minimum: 0 }) ?? 1;
    entry.ignore("tax_rates", "discounts");
    return { price, quantity, metadata: mergeMetadata(null, entry.metadata()) };
  });
  refuseMixedIntervals(items.map((item) => item.price));
  return items;
}

export function readItemChanges(world: World, params: Params, subscription: Subscription): ItemChange[] {
  return (params.objects("items") ?? []).map((entry): ItemChange => {
    const id = entry.string("id");
    const existing = subscription.items.data.find((item) => item.id === id);
    if (id !== undefined && !existing) {
      throw invalidRequest(`No such subscription item: '${id}'`, "resource_missing", entry.pathOf("id"));
    }
    const priceId = entry.string("price");
    const price = priceId === undefined ? undefined : findRecurring(world, priceId, entry.pathOf("price"));
    const metadata = entry.metadata();
    entry.ignore("tax_rates", "discounts", "clear_usage");
    if (!id && !price) throw missingParam(entry.pathOf("price"));
    return {
      id,
      price,
      quantity: entry.integer("quantity", { minimum: 0 }),
      deleted: entry.boolean("deleted"),
      metadata: metadata === undefined ? undefined : mergeMetadata(existing?.metadata ?? null, metadata),
    };
  });
}

/** @throws ApiError 400 for a price that is unknown, inactive or not recurring */
export function findRecurring(world: World, id: string, param: string): Price {
  const price = findByParam(world, "prices", id, param);
  if (!price.active)
    throw invalidRequest(
      `The price specified is inactive. This field only accepts active prices.`,
      undefined,
      param,
    );
  if (!price.recurring) {
    const message =
      "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.";
    throw invalidRequest(message, undefined, param);
  }
  return price;
}

function refuseMixedIntervals(prices: readonly Price[]): void {
  const intervals = new Set(
    prices.map((price) => `${price.recurring?.interval}/${price.recurring?.interval_count}`),
  );
  if (intervals.size > 1)
    throw invalidRequest(
      "Currently, all items in a subscription must have the same billing interval.",
      undefined,
      "items",
    );
}
