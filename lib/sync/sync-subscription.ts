import { otherAccount } from "@/lib/alerts/billing-words";
import { raiseAlert } from "@/lib/alerts/raise-alert";
import { currentSubscription } from "@/lib/billing/current-subscription";
import { isLive } from "@/lib/billing/status";
import { recordAudit, recordChange } from "@/lib/db/audit-log";
import { ensureBillingCustomer, saveCard } from "@/lib/db/billing-customers";
import { type Database, db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
import { closeMadeWrite, closeOperation, findOpenCheckout } from "@/lib/db/operations";
import {
  findSubscriptionOwner,
  listSubscriptions,
  markSubscriptionGone,
  saveSubscription,
} from "@/lib/db/subscriptions";
import { NotYetError } from "@/lib/errors/not-yet-error";
import { payments } from "@/lib/integrations/payments";
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import { logger } from "@/lib/logger";
import { enqueueExpireCheckout } from "@/lib/outbox/enqueue";
import { requireBillingOwner } from "./billing-owner";
import { subscriptionMails } from "./due-mails";
import type { Finish } from "./finish";
import { inTurn } from "./in-turn";
import { prepareMails } from "./prepare-mails";
import { settleSecondSubscriptions } from "./second-subscriptions";

/** When a vendor that knows nothing of ours is asked again: somebody has to put the right key in first. */
const OTHER_ACCOUNT_MS = 5 * 60 * 1000;

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

/**
 * That nothing is known of a live subscription is believed of an account that knows its customer, be it as a deleted
 * one: the key of another account knows neither. A stand-in forgets everything when it is reset, and is believed.
 * @throws NotYetError where nothing may be ended
 */
async function requireSameAccount(subscriptionId: string, customerId: string): Promise<void> {
  const { scope } = payments();
  if (scope.mode === "sandbox" || (await payments().getCustomer(customerId))) return;
  raiseAlert(otherAccount(scope));
  throw new NotYetError(
    OTHER_ACCOUNT_MS,
    `the vendor knows neither ${subscriptionId} nor its customer: is the key another account's?`,
  );
}

/** The second half, for one that the vendor no longer knows. */
export async function recordSubscriptionGone(input: {
  subscriptionId: string;
  fence: bigint;
  finish: Finish;
}): Promise<void> {
  const { subscriptionId, fence, finish } = input;
  const known = await findSubscriptionOwner(subscriptionId);
  if (known?.isLive) await requireSameAccount(subscriptionId, known.customerId);
  const owner = known?.workspaceId;
  const write = async (tx: Database) => {
    const gone = await markSubscriptionGone(tx, { subscriptionId, fence, at: new Date() });
    if (gone) {
      const { workspaceId } = gone;
      await recordChange(tx, { workspaceId, action: "subscription.gone", ids: { subscriptionId } }, gone);
    }
    await finish(tx, gone?.workspaceId ?? owner);
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

  const isDuplicate = await inTurn(workspaceId, async (tx) => {
    const customer = await ensureBillingCustomer(tx, { workspaceId, customerId: snapshot.customerId });
    const written = await saveSubscription(tx, {
      workspaceId,
      billingCustomerId: customer.id,
      snapshot,
      fence,
    });
    await settleMadeWrite(tx, workspaceId, snapshot);
    let isEnded = false;
    if (written) {
      const { card, customerId } = snapshot;
      await saveCard(tx, { billingCustomerId: customer.id, customerId, card, fence });
      if (isLive(snapshot.status)) await settleOpenCheckout(tx, workspaceId, snapshot);
      const all = await listSubscriptions(tx, workspaceId);
      isEnded = await settleSecondSubscriptions(tx, { workspaceId, snapshot, all });
      // Mails tell of the subscription that counts, not of a duplicate that comes and goes.
      if (currentSubscription(all)?.externalId === snapshot.id) await enqueueMails(tx);
      const ids = { subscriptionId: snapshot.id };
      await recordChange(tx, { workspaceId, action: "subscription.synced", ids }, written);
    }
    await input.finish(tx, workspaceId);
    return isEnded;
  });
  if (isDuplicate) {
    logger.error(
      { workspaceId, subscriptionId: snapshot.id },
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
