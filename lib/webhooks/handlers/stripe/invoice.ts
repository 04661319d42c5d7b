import { syncInvoice } from "@/lib/sync/sync-invoice";
import type { HandlerFamily } from "@/lib/webhooks/handler";

export const invoiceHandlers: HandlerFamily = {
  types: [
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.finalization_failed",
    "invoice.marked_uncollectible",
    "invoice.voided",
    "invoice.updated",
  ],
  handle: async ({ objectId }, finish) => syncInvoice(objectId, finish),
};
