/** What becomes of live subscriptions beside the one that counts. */
import { secondSubscription } from "@/lib/alerts/billing-words";
import { raiseAlert } from "@/lib/alerts/raise-alert";
import { currentSubscription, duplicateSubscriptions } from "@/lib/billing/current-subscription";
import { recordAudit, recordAuditOnce } from "@/lib/db/audit-log";
import type { Database } from "@/lib/db/client";
import type { CurrentSubscription } from "@/lib/db/subscriptions";
import { payments } from "@/lib/integrations/payments";
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import { enqueueCancelDuplicate } from "@/lib/outbox/enqueue";
import { requestSecondLook } from "./request-sync";

/** What has run for longer was used, and all that was paid for it would be given back: that is for people to decide. */
const YOUNG_MS = 7 * 24 * 60 * 60 * 1000;

/** Why it is not ended by itself; null for one that our checkout sold a moment ago. */
function reasonToLeave(workspaceId: string, snapshot: SubscriptionSnapshot): string | null {
  const { operationId, planKey, startedAt } = snapshot;
  if (operationId === null || snapshot.workspaceId !== workspaceId) return "our checkout did not make it";
  if (planKey === null) return "it is of no plan of ours";
  if (Date.now() - startedAt.getTime() > YOUNG_MS) return "it has run for more than a week";
  return null;
}

/**
 * A workspace pays once: a later live subscription that our checkout made is ended and given back through the outbox.
 * Of any other (support's, an add-on's) people are told, once. Whose making one is stands in the vendor's metadata, so
 * that each is decided on where it has just been read; the others are asked for, once.
 * @param all of the workspace, oldest first
 * @returns whether this one is being ended, from now on
 */
export async function settleSecondSubscriptions(
  tx: Database,
  input: { workspaceId: string; snapshot: SubscriptionSnapshot; all: readonly CurrentSubscription[] },
): Promise<boolean> {
  const { workspaceId, snapshot, all } = input;
  const kept = currentSubscription(all);
  if (!kept) return false;
  let isEnded = false;
  for (const { externalId: subscriptionId } of duplicateSubscriptions(all)) {
    if (subscriptionId === snapshot.id) isEnded = await settle(tx, workspaceId, snapshot, kept.externalId);
    else await requestSecondLook(tx, { subscriptionId, keptSubscriptionId: kept.externalId });
  }
  return isEnded;
}

async function settle(
  tx: Database,
  workspaceId: string,
  snapshot: SubscriptionSnapshot,
  keptSubscriptionId: string,
): Promise<boolean> {
  const { id: subscriptionId } = snapshot;
  const detail = { subscriptionId };
  const reason = reasonToLeave(workspaceId, snapshot);
  if (reason === null) {
    const isNew = await enqueueCancelDuplicate(tx, { subscriptionId, keptSubscriptionId, workspaceId });
    if (isNew) await recordAudit(tx, { workspaceId, action: "subscription.duplicate", detail });
    return isNew;
  }
  if (await recordAuditOnce(tx, { workspaceId, action: "subscription.second", detail })) {
    raiseAlert(secondSubscription(payments().scope, { subscriptionId, keptSubscriptionId, reason }));
  }
  return false;
}
