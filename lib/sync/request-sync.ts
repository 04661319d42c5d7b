import { randomUUID } from "node:crypto";
import { type Database, db } from "@/lib/db/client";
import { insertOwnEvent } from "@/lib/db/webhook-events";

/** Types of our own making, handled beside the vendor's. */
export const SYNC_REQUESTS = {
  checkout: "breakwater.checkout.sync",
  subscription: "breakwater.subscription.sync",
  customer: "breakwater.customer.sync",
  operation: "breakwater.operation.settle",
} as const;

/** Requests for one object within this time are one. */
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
    externalId: `sync:${objectId}:${Math.floor(Date.now() / BUCKET_MS)}`,
    type: SYNC_REQUESTS[kind],
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
