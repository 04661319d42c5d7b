import { syncRefund } from "@/lib/sync/sync-refund";
import type { HandlerFamily } from "@/lib/webhooks/handler";

/** https://docs.stripe.com/refunds#handle-failed-refunds */
export const refundHandlers: HandlerFamily = {
  types: ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"],
  handle: async ({ objectId }, finish) => syncRefund(objectId, finish),
};
