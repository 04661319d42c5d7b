import { SYNC_REQUESTS } from "@/lib/sync/request-sync";
import { syncSubscription } from "@/lib/sync/sync-subscription";
import type { HandlerFamily } from "@/lib/webhooks/handler";

/** https://docs.stripe.com/billing/subscriptions/webhooks */
export const subscriptionHandlers: HandlerFamily = {
  types: [
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    // There is no invoice yet: it is about the subscription that is soon charged, and is kept under its id.
    "invoice.upcoming",
    // Ours: somebody asked us to look again.
    SYNC_REQUESTS.subscription,
  ],
  handle: async ({ objectId }, finish) => syncSubscription(objectId, finish),
};
