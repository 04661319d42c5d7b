import { syncPayment } from "@/lib/sync/sync-payment";
import type { HandlerFamily } from "@/lib/webhooks/handler";

/** Recorded for what has no invoice. */
export const paymentHandlers: HandlerFamily = {
  types: [
    "payment_intent.processing",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
  ],
  handle: async ({ objectId }, finish) => syncPayment(objectId, finish),
};
