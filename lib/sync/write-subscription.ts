import type { Viewer } from "@/lib/billing/views";
import { recordAudit } from "@/lib/db/audit-log";
import { db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
import { beginOperation, closeOperation, type PlanChoice } from "@/lib/db/operations";
import { type CurrentSubscription, findCurrentSubscription } from "@/lib/db/subscriptions";
import { AppError } from "@/lib/errors/app-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import { recordSubscription } from "./sync-subscription";

/** An operation older than this lost its maker; a new request finishes it under the same key. */
const ABANDONED_MS = 15_000;
const KEY_LIVES_MS = 23 * 60 * 60 * 1000;

export async function requireSubscription(workspaceId: string): Promise<CurrentSubscription> {
  const current = await findCurrentSubscription(workspaceId);
  if (current) return current;
  throw new AppError("not_found", { userMessage: "This workspace has no subscription." });
}

/**
 * A write to a subscription as an operation: committed first, its id the idempotency key, the vendor's answer
 * recorded at once under a fence taken before the call (the webhook that follows finds nothing left to do).
 */
export async function writeSubscription(input: {
  viewer: Viewer;
  kind: "CHANGE_PLAN" | "CANCEL" | "RESUME";
  choice: PlanChoice | null;
  write: (operationId: string) => Promise<SubscriptionSnapshot>;
}): Promise<void> {
  const { workspaceId, userId } = input.viewer;
  const { operation, isNew } = await beginOperation({ workspaceId, userId, kind: input.kind, input: input.choice });
  const age = Date.now() - operation.createdAt.getTime();
  if (!isNew && age < ABANDONED_MS) {
    throw new AppError("conflict", { userMessage: "This is being done right now. Please give it a moment." });
  }
  const differs =
    operation.input?.planKey !== input.choice?.planKey || operation.input?.interval !== input.choice?.interval;
  if (!isNew && (differs || age > KEY_LIVES_MS)) {
    // Its key stands for another wish, or is forgotten: what came of it is in the subscription that was synced since.
    await closeOperation(db(), operation.id, "EXPIRED");
    throw new AppError("conflict", { userMessage: "An earlier change was not finished. Please try again." });
  }

  const fence = await nextFence();
  let snapshot: SubscriptionSnapshot;
  try {
    snapshot = await input.write(operation.id);
  } catch (error) {
    if (isIntegrationError(error) && !error.retryable && error.kind !== "unknown") {
      await closeOperation(db(), operation.id, "FAILED", error.kind);
    }
    throw error;
  }
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
