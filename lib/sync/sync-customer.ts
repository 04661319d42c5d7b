import { recordAudit } from "@/lib/db/audit-log";
import { findBillingOwner, markCustomerDeleted, restoreCustomer } from "@/lib/db/billing-customers";
import { db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
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
 * the workspace gets a new one when it wants to pay again. One that was held to be deleted and is there is taken back.
 */
export async function syncCustomer(customerId: string, finish: Finish): Promise<void> {
  const fence = await nextFence();
  const customer = await payments().getCustomer(customerId);
  if (customer?.deleted === false) {
    await restore(customerId, fence);
    return syncCustomerCards(customerId, finish);
  }
  await syncSubscriptionsOf(customerId);
  await db().$transaction(async (tx) => {
    const marked = await markCustomerDeleted(tx, { customerId, at: new Date(), fence });
    const { workspaceId, isNew } = marked ?? {};
    if (workspaceId && isNew) {
      await recordAudit(tx, { workspaceId, action: "customer.deleted", detail: { customerId } });
    }
    await finish(tx, workspaceId);
  });
}

async function restore(customerId: string, fence: bigint): Promise<void> {
  await db().$transaction(async (tx) => {
    const workspaceId = await restoreCustomer(tx, { customerId, fence });
    if (workspaceId === null) return;
    await recordAudit(tx, { workspaceId, action: "customer.restored", detail: { customerId } });
  });
}

async function syncSubscriptionsOf(customerId: string): Promise<void> {
  for (const id of await listCustomerSubscriptionIds(customerId)) await syncSubscription(id, notYet);
}
