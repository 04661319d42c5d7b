import { syncRefundsOf } from "@/lib/sync/sync-refund";
import type { HandlerFamily } from "@/lib/webhooks/handler";

/** It does not say which refund: for endpoints that get no `refund.*`. */
export const chargeHandlers: HandlerFamily = {
  types: ["charge.refunded"],
  handle: async ({ objectId }, finish) => syncRefundsOf(objectId, finish),
};
