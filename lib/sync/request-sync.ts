import { scopeColumns } from "@/lib/db/scope";
import { insertWebhookEvent } from "@/lib/db/webhook-events";

/** Types of our own making, handled beside the vendor's. */
export const SYNC_REQUESTS = {
  checkout: "breakwater.checkout.sync",
  subscription: "breakwater.subscription.sync",
} as const;

/** Requests for one object within this time are one. */
const BUCKET_MS = 5_000;

/**
 * Asks for an object to be looked at again, through the inbox like everything that the vendor says: the request is a
 * row, so that it is not lost, and one path alone grants anything.
 */
export async function requestSync(kind: keyof typeof SYNC_REQUESTS, objectId: string): Promise<void> {
  await insertWebhookEvent({
    ...scopeColumns(),
    externalId: `sync:${objectId}:${Math.floor(Date.now() / BUCKET_MS)}`,
    type: SYNC_REQUESTS[kind],
    apiVersion: null,
    objectId,
    payload: "{}",
    occurredAt: new Date(),
    status: "PENDING",
  });
}
