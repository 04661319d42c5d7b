import { recordAudit } from "@/lib/db/audit-log";
import { findBillingOwner, markCustomerDeleted } from "@/lib/db/billing-customers";
import { db } from "@/lib/db/client";
import { listCustomerSubscriptionIds } from "@/lib/db/subscriptions";
import { payments } from "@/lib/integrations/payments";
import { type Finish, notYet } from "./finish";
import { syncSubscription } from "./sync-subscription";

/** The card that the next charge goes to may have changed: it is read with the subscriptions. */
export async function syncCustomerCards(customerId: string, finish: Finish): Promise<void> {
  await syncSubscriptionsOf(customerId);
  const owner = await findBillingOwner({ customerId });
  await db().$transaction((tx) => finish(tx, owner?.workspaceId));
}

/**
 * Finds out whether the vendor still knows a customer. One that was deleted there has lost its subscriptions and cards;
 * the workspace gets a new one when it wants to pay again.
 */
export async function syncCustomer(customerId: string, finish: Finish): Promise<void> {
  const customer = await payments().getCustomer(customerId);
  if (customer?.deleted === false) return syncCustomerCards(customerId, finish);
  await syncSubscriptionsOf(customerId);
  await db().$transaction(async (tx) => {
    const marked = await markCustomerDeleted(tx, { customerId, at: new Date() });
    const { workspaceId, isNew } = marked ?? {};
    if (workspaceId && isNew) {
      await recordAudit(tx, { workspaceId, action: "customer.deleted", detail: { customerId } });
    }
    await finish(tx, workspaceId);
  });
}

async function syncSubscriptionsOf(customerId: string): Promise<void> {
  for (const id of await listCustomerSubscriptionIds(customerId)) await syncSubscription(id, notYet);
}
