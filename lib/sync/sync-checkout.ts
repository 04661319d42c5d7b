import { db } from "@/lib/db/client";
import { closeCheckoutOperation } from "@/lib/db/operations";
import { payments } from "@/lib/integrations/payments";
import { type Finish, syncSubscription } from "./sync-subscription";

/** Follows a checkout to what came of it: a subscription, or nothing. Either way its operation is over. */
export async function syncCheckout(checkoutId: string, finish: Finish): Promise<void> {
  const checkout = await payments().getCheckout(checkoutId);
  const ids = { checkoutId, operationId: checkout?.operationId ?? null };
  if (checkout?.state === "complete" && checkout.subscriptionId) {
    return syncSubscription(checkout.subscriptionId, async (tx) => {
      await closeCheckoutOperation(tx, ids, "SUCCEEDED");
      await finish(tx);
    });
  }
  const over = checkout === null || checkout.state === "expired";
  await db().$transaction(async (tx) => {
    if (over) await closeCheckoutOperation(tx, ids, "EXPIRED");
    await finish(tx);
  });
}
