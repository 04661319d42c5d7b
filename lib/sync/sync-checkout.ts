import { isLive } from "@/lib/billing/status";
import { db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
import { closeCheckoutOperation } from "@/lib/db/operations";
import { payments } from "@/lib/integrations/payments";
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import type { Finish } from "./finish";
import { recordSubscription, recordSubscriptionGone } from "./sync-subscription";

/**
 * Follows a checkout to what came of it: a subscription, or nothing. Its operation is over then; with a payment that
 * takes days it is so once the subscription has come to life, or has not.
 */
export async function syncCheckout(checkoutId: string, finish: Finish): Promise<void> {
  const checkout = await payments().getCheckout(checkoutId);
  const ids = { checkoutId, operationId: checkout?.operationId ?? null };
  if (checkout?.state === "complete" && checkout.subscriptionId) {
    const { subscriptionId } = checkout;
    const fence = await nextFence();
    const snapshot = await payments().getSubscription(subscriptionId);
    const close: Finish = async (tx, workspaceId) => {
      const outcome = outcomeOf(snapshot);
      if (outcome) await closeCheckoutOperation(tx, ids, outcome);
      await finish(tx, workspaceId);
    };
    return snapshot
      ? recordSubscription({ snapshot, fence, finish: close })
      : recordSubscriptionGone({ subscriptionId, fence, finish: close });
  }
  const over = checkout === null || checkout.state === "expired";
  await db().$transaction(async (tx) => {
    const workspaceId = over ? await closeCheckoutOperation(tx, ids, "EXPIRED") : null;
    await finish(tx, workspaceId ?? undefined);
  });
}

/** What a checkout that was gone through has led to; null while its payment is under way. */
function outcomeOf(subscription: SubscriptionSnapshot | null): "SUCCEEDED" | "FAILED" | null {
  if (subscription === null) return "FAILED";
  if (subscription.status === "incomplete") return null;
  // One that has lived and ended since was paid for all the same.
  const hasLived = isLive(subscription.status) || subscription.status === "canceled";
  return hasLived ? "SUCCEEDED" : "FAILED";
}
