import { syncCheckout } from "@/lib/sync/sync-checkout";
import type { HandlerFamily } from "@/lib/webhooks/handler";

/** A hosted checkout was paid, or nobody paid it. */
export const checkoutHandlers: HandlerFamily = {
  types: [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    // Ours: the customer asked us to look again.
    "breakwater.checkout.recheck",
  ],
  handle: async ({ objectId }, finish) => syncCheckout(objectId, finish),
};
