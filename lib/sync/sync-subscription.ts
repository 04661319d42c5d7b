import { currentSubscription, duplicateSubscriptions } from "@/lib/billing/current-subscription";
import { isLive } from "@/lib/billing/status";
import { recordAudit } from "@/lib/db/audit-log";
import { ensureBillingCustomer, saveCard } from "@/lib/db/billing-customers";
import { type Database, db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
import { closeMadeWrite, closeOperation, findOpenCheckout } from "@/lib/db/operations";
import {
  type CurrentSubscription,
  listSubscriptions,
  markSubscriptionGone,
  saveSubscription,
} from "@/lib/db/subscriptions";
import { lockWorkspace } from "@/lib/db/workspaces";
import { payments } from "@/lib/integrations/payments";
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import { logger } from "@/lib/logger";
import { enqueueCancelDuplicate, enqueueExpireCheckout } from "@/lib/outbox/enqueue";
import { requireBillingOwner } from "./billing-owner";
import { subscriptionMails } from "./due-mails";
import { prepareMails } from "./prepare-mails";

/**
 * Runs inside the transaction that writes the state: marks inbox events done, closes an operation.
 * @param workspaceId what it turned out to be about, where that is known
 */
export type Finish = (tx: Database, workspaceId?: string) => Promise<void>;

/**
 * Makes our copy of a subscription equal the vendor's, with every effect that its state calls for. Convergent: any
 * number of runs, in any order and at once, ends in the vendor's newest state and in each effect once.
 */
export async function syncSubscription(subscriptionId: string, finish: Finish): Promise<void> {
  const fence = await nextFence();
  const snapshot = await payments().getSubscription(subscriptionId);
  if (snapshot) return recordSubscription({ snapshot, fence, finish });
  await db().$transaction(async (tx) => {
    await markSubscriptionGone(tx, { subscriptionId, fence, at: new Date() });
    await finish(tx);
  });
}

/** The second half, for a snapshot that is there already: the answer to a write, with the fence taken before it. */
export async function recordSubscription(input: {
  snapshot: SubscriptionSnapshot;
  fence: bigint;
  finish: Finish;
}): Promise<void> {
  const { snapshot, fence } = input;
  const owner = await requireBillingOwner(snapshot);
  const { workspaceId } = owner;
  const enqueueMails = await prepareMails(
    subscriptionMails(snapshot, owner.workspaceName),
    owner.ownerEmails,
  );

  const duplicates = await db().$transaction(async (tx) => {
    // Writers of one workspace's billing state take turns; the vendor was read before.
    await lockWorkspace(tx, workspaceId);
    const customer = await ensureBillingCustomer(tx, { workspaceId, customerId: snapshot.customerId });
    const written = await saveSubscription(tx, {
      workspaceId,
      billingCustomerId: customer.id,
      snapshot,
      fence,
    });
    await settleMadeWrite(tx, workspaceId, snapshot);
    let cancelled: string[] = [];
    if (written) {
      await saveCard(tx, { billingCustomerId: customer.id, card: snapshot.card, fence });
      if (isLive(snapshot.status)) await settleOpenCheckout(tx, workspaceId, snapshot);
      const all = await listSubscriptions(tx, workspaceId);
      cancelled = await cancelDuplicates(tx, workspaceId, all);
      // Mails tell of the subscription that counts, not of a duplicate that comes and goes.
      if (currentSubscription(all)?.externalId === snapshot.id) await enqueueMails(tx);
      await recordAudit(tx, {
        workspaceId,
        action: "subscription.synced",
        detail: { subscriptionId: snapshot.id, status: snapshot.status, planKey: snapshot.planKey },
      });
    }
    await input.finish(tx);
    return cancelled;
  });
  for (const subscriptionId of duplicates) {
    logger.error(
      { workspaceId, subscriptionId },
      "duplicate subscription: it is being cancelled and refunded",
    );
  }
}

/** The checkout that made this subscription is done; a payment page of another one must not be paid as well. */
async function settleOpenCheckout(
  tx: Database,
  workspaceId: string,
  snapshot: SubscriptionSnapshot,
): Promise<void> {
  const open = await findOpenCheckout(tx, workspaceId);
  if (!open) return;
  const { checkoutId } = open.result;
  if (open.id === snapshot.operationId) await closeOperation(tx, open.id, "SUCCEEDED");
  else if (checkoutId) await enqueueExpireCheckout(tx, { checkoutId, operationId: open.id });
}

/**
 * A write that the vendor's metadata names has taken effect, whoever heard of it first (its maker, a webhook, a look-up),
 * and however late: also one that was held not to have been made.
 */
async function settleMadeWrite(
  tx: Database,
  workspaceId: string,
  snapshot: SubscriptionSnapshot,
): Promise<void> {
  if (snapshot.operationId === null) return;
  const made = await closeMadeWrite(tx, { workspaceId, id: snapshot.operationId });
  if (made === null) return;
  await recordAudit(tx, {
    workspaceId,
    actorId: made.userId,
    action: `subscription.${made.kind.toLowerCase().replace("_", "-")}`,
    detail: { operationId: made.id, ...made.input },
  });
}

/** A workspace pays once: later live subscriptions are ended and given back through the outbox. */
async function cancelDuplicates(
  tx: Database,
  workspaceId: string,
  all: readonly CurrentSubscription[],
): Promise<string[]> {
  const kept = currentSubscription(all);
  const duplicates = duplicateSubscriptions(all);
  if (!kept) return [];
  for (const { externalId: subscriptionId } of duplicates) {
    await enqueueCancelDuplicate(tx, { subscriptionId, keptSubscriptionId: kept.externalId });
    await recordAudit(tx, { workspaceId, action: "subscription.duplicate", detail: { subscriptionId } });
  }
  return duplicates.map(({ externalId }) => externalId);
}
