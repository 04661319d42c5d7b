import type { Viewer } from "@/lib/billing/views";
import { db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
import {
  abandonedAt,
  attemptOperation,
  beginOperation,
  isUnderWay,
  type Operation,
  type PlanChoice,
  type SubscriptionWriteKind,
} from "@/lib/db/operations";
import { type CurrentSubscription, findCurrentSubscription } from "@/lib/db/subscriptions";
import { AppError } from "@/lib/errors/app-error";
import { isIntegrationError, mayHaveTakenEffect } from "@/lib/errors/integration-error";
import { explainPaymentsFailure } from "@/lib/errors/payments-failure";
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import { errorFields, logger } from "@/lib/logger";
import { notYet } from "./finish";
import { requestSettlement } from "./request-sync";
import { settleOperation } from "./settle-operation";
import { recordSubscription } from "./sync-subscription";

export async function requireSubscription(workspaceId: string): Promise<CurrentSubscription> {
  const current = await findCurrentSubscription(workspaceId);
  if (current) return current;
  throw new AppError("not_found", { userMessage: "This workspace has no subscription." });
}

interface Write {
  viewer: Viewer;
  subscriptionId: string;
  kind: SubscriptionWriteKind;
  choice: PlanChoice | null;
  write: (operationId: string) => Promise<SubscriptionSnapshot>;
}

/** "checking": nobody knows yet whether it took effect; it is looked up until that is known, and never made twice. */
export type WriteOutcome = "done" | "checking";

/**
 * A write to a subscription as an operation: committed first, its id the idempotency key, the vendor's answer
 * recorded at once under a fence taken before the call (the webhook that follows finds nothing left to do).
 * @throws IntegrationError in words for the person, where it certainly has not taken effect
 */
export async function writeSubscription(input: Write): Promise<WriteOutcome> {
  const { workspaceId, userId } = input.viewer;
  const begin = () =>
    beginOperation({
      workspaceId,
      userId,
      kind: input.kind,
      input: { subscriptionId: input.subscriptionId, ...input.choice },
      // Whatever becomes of this process, the operation does not stay open.
      alongside: (tx, operation) => requestSettlement(tx, operation, abandonedAt(operation)),
    });
  let { operation, isNew } = await begin();
  if (!isNew) {
    const outcome = await settleEarlier(input, operation);
    if (outcome) return outcome;
    ({ operation, isNew } = await begin());
    if (!isNew) throw beingDone();
  }

  const fence = await nextFence();
  let snapshot: SubscriptionSnapshot;
  try {
    snapshot = await attemptOperation(operation, () => input.write(operation.id));
  } catch (error) {
    if (!mayHaveTakenEffect(error)) throw explainPaymentsFailure(error, "change");
    if (!isIntegrationError(error)) report(operation, error, "a change ended in a mistake of ours");
    return lookUpSoon(operation);
  }
  try {
    // Closes the operation too: the snapshot names it.
    await recordSubscription({ snapshot, fence, finish: notYet });
    return "done";
  } catch (error) {
    // It is made, and perhaps charged: "try again" would be the wrong thing to say.
    report(operation, error, "a change was made and could not be recorded");
    return lookUpSoon(operation);
  }
}

/** The outcome may be known at once, and somebody waits for it. */
async function lookUpSoon(operation: Operation): Promise<"checking"> {
  try {
    await requestSettlement(db(), operation, new Date());
  } catch (error) {
    report(operation, error, "a change is looked up later only: by what was written when it began");
  }
  return "checking";
}

function report({ id, kind, workspaceId }: Operation, error: unknown, what: string): void {
  logger.error({ id, kind, workspaceId, ...errorFields(error) }, what);
}

function beingDone(): AppError {
  return new AppError("conflict", {
    userMessage: "A change is being made right now. Please give it a moment.",
  });
}

/**
 * An operation that is open already. While its maker may be alive it is left alone; then it is looked up. Answers what
 * to tell of it; null where it did not take effect, so that the new wish may have its turn.
 */
async function settleEarlier(input: Write, earlier: Operation): Promise<WriteOutcome | null> {
  if (isUnderWay(earlier)) throw beingDone();
  let state: Operation["state"];
  try {
    state = await settleOperation(earlier);
  } catch (error) {
    if (!isIntegrationError(error)) throw error;
    // The inbox goes on asking.
    return "checking";
  }
  if (state === "OPEN") return "checking";
  if (state !== "SUCCEEDED") return null;
  const { choice } = input;
  const isSameWish =
    earlier.kind === input.kind &&
    earlier.input?.planKey === choice?.planKey &&
    earlier.input?.interval === choice?.interval;
  if (isSameWish) return "done";
  throw new AppError("conflict", {
    userMessage: "An earlier change has just gone through. Please look at it, and choose again.",
  });
}
