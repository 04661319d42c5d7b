import { db } from "@/lib/db/client";
import { closeOperation } from "@/lib/db/operations";
import { payments } from "@/lib/integrations/payments";
import { type Finish, syncSubscription } from "./sync-subscription";

/** Follows a checkout to what came of it: a subscription, or nothing. */
export async function syncCheckout(checkoutId: string, finish: Finish): Promise<void> {
  const checkout = await payments().getCheckout(checkoutId);
  if (checkout?.state === "complete" && checkout.subscriptionId) {
    return syncSubscription(checkout.subscriptionId, finish);
  }
  await db().$transaction(async (tx) => {
    const over = checkout === null || checkout.state === "expired";
    if (over && checkout?.operationId) await closeOperation(tx, checkout.operationId, "EXPIRED");
    await finish(tx);
  });
}
