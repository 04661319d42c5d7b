import { SYNC_REQUESTS } from "@/lib/sync/request-sync";
import { syncSubscription } from "@/lib/sync/sync-subscription";
import type { HandlerFamily } from "@/lib/webhooks/handler";

export const subscriptionHandlers: HandlerFamily = {
  types: [
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    SYNC_REQUESTS.subscription,
  ],
  handle: async ({ objectId }, finish) => syncSubscription(objectId, finish),
};
