import { currentSubscription, duplicateSubscriptions } from "@/lib/billing/current-subscription";
import { isLive } from "@/lib/billing/status";
import { recordAudit, recordChange } from "@/lib/db/audit-log";
import { ensureBillingCustomer, saveCard } from "@/lib/db/billing-customers";
import { type Database, db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
import { closeMadeWrite, closeOperation, findOpenCheckout } from "@/lib/db/operations";
import {
  type CurrentSubscription,
  findSubscriptionOwner,
  listSubscriptions,
  markSubscriptionGone,
  saveSubscription,
} from "@/lib/db/subscriptions";
import { payments } from "@/lib/integrations/payments";
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import { logger } from "@/lib/logger";
import { enqueueCancelDuplicate, enqueueExpireCheckout } from "@/lib/outbox/enqueue";
import { requireBillingOwner } from "./billing-owner";
import { subscriptionMails } from "./due-mails";
import type { Finish } from "./finish";
import { inTurn } from "./in-turn";
import { prepareMails } from "./prepare-mails";

/**
 * Makes our copy of a subscription equal the vendor's, with every effect that its state calls for. Convergent: any
 * number of runs, in any order and at once, ends in the vendor's newest state and in each effect once.
 */
export async function syncSubscription(subscriptionId: string, finish: Finish): Promise<void> {
  const fence = await nextFence();
  const snapshot = await payments().getSubscription(subscriptionId);
  if (snapshot) return recordSubscription({ snapshot, fence, finish });
  return recordSubscriptionGone({ subscriptionId, fence, finish });
}

/** The second half, for one that the vendor no longer knows. */
export async function recordSubscriptionGone(input: {
  subscriptionId: string;
  fence: bigint;
  finish: Finish;
}): Promise<void> {
  const { subscriptionId, fence, finish } = input;
  const owner = await findSubscriptionOwner(subscriptionId);
  const write = async (tx: Database) => {
    const gone = await markSubscriptionGone(tx, { subscriptionId, fence, at: new Date() });
    if (gone) {
      const { workspaceId } = gone;
      await recordChange(tx, { workspaceId, action: "subscription.gone", ids: { subscriptionId } }, gone);
    }
    await finish(tx, gone?.workspaceId ?? owner ?? undefined);
  };
  await (owner ? inTurn(owner, write) : db().$transaction(write));
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
  const enqueueMails = await prepareMails(subscriptionMails(snapshot, owner.workspaceName), owner);

  const duplicates = await inTurn(workspaceId, async (tx) => {
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
      const { card, customerId } = snapshot;
      await saveCard(tx, { billingCustomerId: customer.id, customerId, card, fence });
      if (isLive(snapshot.status)) await settleOpenCheckout(tx, workspaceId, snapshot);
      const all = await listSubscriptions(tx, workspaceId);
      cancelled = await cancelDuplicates(tx, workspaceId, all);
      // Mails tell of the subscription that counts, not of a duplicate that comes and goes.
      if (currentSubscription(all)?.externalId === snapshot.id) await enqueueMails(tx);
      const ids = { subscriptionId: snapshot.id };
      await recordChange(tx, { workspaceId, action: "subscription.synced", ids }, written);
    }
    await input.finish(tx, workspaceId);
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
  else if (checkoutId) await enqueueExpireCheckout(tx, { checkoutId, operationId: open.id, workspaceId });
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

/** A workspace pays once: later live subscriptions are ended and given back through the outbox. Answers the new ones. */
async function cancelDuplicates(
  tx: Database,
  workspaceId: string,
  all: readonly CurrentSubscription[],
): Promise<string[]> {
  const kept = currentSubscription(all);
  if (!kept) return [];
  const cancelled: string[] = [];
  for (const { externalId: subscriptionId } of duplicateSubscriptions(all)) {
    const duplicate = { subscriptionId, keptSubscriptionId: kept.externalId, workspaceId };
    if (!(await enqueueCancelDuplicate(tx, duplicate))) continue;
    await recordAudit(tx, { workspaceId, action: "subscription.duplicate", detail: { subscriptionId } });
    cancelled.push(subscriptionId);
  }
  return cancelled;
}
