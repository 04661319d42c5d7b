import { syncDispute } from "@/lib/sync/sync-dispute";
import type { HandlerFamily } from "@/lib/webhooks/handler";

/** https://docs.stripe.com/disputes/how-disputes-work */
export const disputeHandlers: HandlerFamily = {
  types: [
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
  ],
  handle: async ({ objectId }, finish) => syncDispute(objectId, finish),
};
