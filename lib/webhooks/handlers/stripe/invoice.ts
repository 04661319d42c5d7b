import { syncInvoice } from "@/lib/sync/sync-invoice";
import type { HandlerFamily } from "@/lib/webhooks/handler";

/**
 * `invoice.created` is left out: a draft is nothing to anybody until it is finalized. So is `invoice.payment_succeeded`:
 * `invoice.paid` comes with it, and also where no payment was needed. https://docs.stripe.com/api/events/types
 */
export const invoiceHandlers: HandlerFamily = {
  types: [
    "invoice.finalized",
    "invoice.finalization_failed",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.overdue",
    "invoice.marked_uncollectible",
    "invoice.voided",
    "invoice.deleted",
  ],
  handle: async ({ objectId }, finish) => syncInvoice(objectId, finish),
};
