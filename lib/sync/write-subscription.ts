import type { Viewer } from "@/lib/billing/views";
import { recordAudit } from "@/lib/db/audit-log";
import { db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
import {
  attemptOperation,
  beginOperation,
  closeOperation,
  isUnderWay,
  type Operation,
  type PlanChoice,
} from "@/lib/db/operations";
import { type CurrentSubscription, findCurrentSubscription } from "@/lib/db/subscriptions";
import { AppError } from "@/lib/errors/app-error";
import { payments } from "@/lib/integrations/payments";
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import { recordSubscription } from "./sync-subscription";

export async function requireSubscription(workspaceId: string): Promise<CurrentSubscription> {
  const current = await findCurrentSubscription(workspaceId);
  if (current) return current;
  throw new AppError("not_found", { userMessage: "This workspace has no subscription." });
}

interface Write {
  viewer: Viewer;
  subscriptionId: string;
  kind: "CHANGE_PLAN" | "CANCEL" | "RESUME";
  choice: PlanChoice | null;
  write: (operationId: string) => Promise<SubscriptionSnapshot>;
}

/**
 * A write to a subscription as an operation: committed first, its id the idempotency key, the vendor's answer
 * recorded at once under a fence taken before the call (the webhook that follows finds nothing left to do).
 */
export async function writeSubscription(input: Write): Promise<void> {
  const { workspaceId, userId } = input.viewer;
  const begin = () => beginOperation({ workspaceId, userId, kind: input.kind, input: input.choice });
  let { operation, isNew } = await begin();
  if (!isNew) {
    if (await settleEarlier(input, operation)) return;
    ({ operation, isNew } = await begin());
    if (!isNew) throw beingDone();
  }

  const fence = await nextFence();
  const snapshot = await attemptOperation(operation, () => input.write(operation.id));
  await record(input, operation, snapshot, fence);
}

function beingDone(): AppError {
  return new AppError("conflict", { userMessage: "This is being done right now. Please give it a moment." });
}

/**
 * An operation that is open already. While its maker may be alive it is left alone; then the vendor's metadata says
 * whether it took effect. Says whether it did and was the same wish, so that nothing is left to do.
 */
async function settleEarlier(input: Write, earlier: Operation): Promise<boolean> {
  if (isUnderWay(earlier)) throw beingDone();
  const fence = await nextFence();
  const snapshot = await payments().getSubscription(input.subscriptionId);
  if (snapshot?.operationId !== earlier.id) {
    await closeOperation(db(), earlier.id, "EXPIRED");
    return false;
  }
  await record({ ...input, choice: earlier.input }, earlier, snapshot, fence);
  return (
    earlier.input?.planKey === input.choice?.planKey && earlier.input?.interval === input.choice?.interval
  );
}

async function record(
  input: Write,
  operation: Operation,
  snapshot: SubscriptionSnapshot,
  fence: bigint,
): Promise<void> {
  const { workspaceId, userId } = input.viewer;
  await recordSubscription({
    snapshot,
    fence,
    finish: async (tx) => {
      await closeOperation(tx, operation.id, "SUCCEEDED");
      await recordAudit(tx, {
        workspaceId,
        actorId: userId,
        action: `subscription.${input.kind.toLowerCase().replace("_", "-")}`,
        detail: { operationId: operation.id, ...input.choice },
      });
    },
  });
}
