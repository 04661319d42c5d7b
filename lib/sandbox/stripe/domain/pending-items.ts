/** Prorations that wait for a subscription's next invoice. */
import type { InvoiceLineInput } from "../objects/make-invoice-line";
import type { InvoiceItem } from "../wire";
import type { World } from "../world";

export function pendingItems(world: World, subscription: string): InvoiceItem[] {
  return world
    .list("invoice_items")
    .filter((item) => !item.invoice && item.parent?.subscription_details?.subscription === subscription);
}

export function pendingLines(world: World, items: readonly InvoiceItem[]): InvoiceLineInput[] {
  return items.map((item) => ({
    amount: item.amount,
    description: item.description ?? "",
    price: world.need("prices", item.pricing?.price_details?.price ?? ""),
    quantity: item.quantity,
    periodStart: item.period.start,
    periodEnd: item.period.end,
    proration: item.proration,
    subscription: item.parent?.subscription_details?.subscription ?? null,
    subscriptionItem: item.parent?.subscription_details?.subscription_item ?? "",
    invoiceItem: item.id,
    metadata: item.metadata ?? {},
  }));
}

/** Notes on pending items which invoice took them. */
export function claimItems(world: World, items: readonly InvoiceItem[], invoice: string): void {
  for (const item of items) world.change("invoice_items", item.id, { invoice });
}
