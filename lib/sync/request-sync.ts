import { randomUUID } from "node:crypto";
import { type Database, db } from "@/lib/db/client";
import { findKnownEvents } from "@/lib/db/vendor-copies";
import { insertOwnEvent } from "@/lib/db/webhook-events";

/** Types of our own making, handled beside the vendor's. */
export const SYNC_REQUESTS = {
  checkout: "breakwater.checkout.sync",
  subscription: "breakwater.subscription.sync",
  customer: "breakwater.customer.sync",
  operation: "breakwater.operation.settle",
} as const;

/** Requests for one object within this time are one, until it is answered. */
const BUCKET_MS = 5_000;

/**
 * Asks for an object to be looked at again, through the inbox like everything that the vendor says: the request is a
 * row, so that it is not lost, and one path alone grants anything.
 */
export async function requestSync(
  kind: "checkout" | "subscription" | "customer",
  objectId: string,
): Promise<void> {
  await insertOwnEvent(db(), {
    externalId: await unansweredId(`sync:${objectId}:${Math.floor(Date.now() / BUCKET_MS)}`),
    type: SYNC_REQUESTS[kind],
    objectId,
    dueAt: new Date(),
  });
}

/** What was answered a moment ago says nothing of what has happened since. */
async function unansweredId(bucket: string): Promise<string> {
  for (let turn = 0; ; turn += 1) {
    const externalId = turn === 0 ? bucket : `${bucket}:${turn}`;
    const status = (await findKnownEvents([externalId])).get(externalId);
    if (status === undefined || status === "PENDING") return externalId;
  }
}

/** Asks, once, for a live subscription beside another one to be looked at: only the vendor says who has made it. */
export async function requestSecondLook(
  tx: Database,
  input: { subscriptionId: string; keptSubscriptionId: string },
): Promise<void> {
  const { subscriptionId: objectId, keptSubscriptionId } = input;
  await insertOwnEvent(tx, {
    externalId: `duplicate:${objectId}:${keptSubscriptionId}`,
    type: SYNC_REQUESTS.subscription,
    objectId,
    dueAt: new Date(),
  });
}

/**
 * Asks for the outcome of an operation to be found out from `dueAt` on. Nothing is done for one that is closed by then.
 */
export async function requestSettlement(tx: Database, operation: { id: string }, dueAt: Date): Promise<void> {
  await insertOwnEvent(tx, {
    externalId: `settle:${randomUUID()}`,
    type: SYNC_REQUESTS.operation,
    objectId: operation.id,
    operationId: operation.id,
    dueAt,
  });
}
