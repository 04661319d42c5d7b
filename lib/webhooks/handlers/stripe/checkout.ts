import { SYNC_REQUESTS } from "@/lib/sync/request-sync";
import { syncCheckout } from "@/lib/sync/sync-checkout";
import type { HandlerFamily } from "@/lib/webhooks/handler";

/** A hosted checkout was paid, or nobody paid it. */
export const checkoutHandlers: HandlerFamily = {
  types: [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    // Ours: somebody asked us to look again.
    SYNC_REQUESTS.checkout,
  ],
  handle: async ({ objectId }, finish) => syncCheckout(objectId, finish),
};
