import { db } from "@/lib/db/client";
import { listCustomerSubscriptionIds } from "@/lib/db/subscriptions";
import { syncSubscription } from "@/lib/sync/sync-subscription";
import type { HandlerFamily } from "@/lib/webhooks/handler";

/** The card that the next charge goes to may have changed: it is read with the subscription. */
export const customerHandlers: HandlerFamily = {
  types: ["customer.updated"],
  handle: async ({ objectId }, finish) => {
    const subscriptionIds = await listCustomerSubscriptionIds(objectId);
    for (const subscriptionId of subscriptionIds)
      await syncSubscription(subscriptionId, async () => undefined);
    await db().$transaction((tx) => finish(tx));
  },
};
