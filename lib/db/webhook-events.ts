import type { Prisma } from "@/prisma/generated/client";
import type { ProviderMode, WebhookEventStatus } from "@/prisma/generated/enums";
import { type Database, db } from "./client";

export interface NewWebhookEvent {
  provider: string;
  account: string;
  externalId: string;
  type: string;
  mode: ProviderMode;
  apiVersion: string | null;
  objectId: string | null;
  payload: unknown;
  occurredAt: Date;
  status: Extract<WebhookEventStatus, "PENDING" | "IGNORED" | "QUARANTINED">;
}

/** Persists an event before it is acknowledged; one that is there already is left as it is. One statement. */
export async function insertWebhookEvent(event: NewWebhookEvent): Promise<void> {
  await db().$executeRaw`
    INSERT INTO webhook_event
      (id, provider, account, external_id, type, mode, api_version, object_id, payload, status, occurred_at)
    VALUES
      (gen_random_uuid(), ${event.provider}, ${event.account}, ${event.externalId}, ${event.type},
       ${event.mode}::provider_mode, ${event.apiVersion}, ${event.objectId}, ${JSON.stringify(event.payload)}::jsonb,
       ${event.status}::webhook_event_status, ${event.occurredAt})
    ON CONFLICT (provider, account, external_id) DO NOTHING`;
}

export interface LeasedWebhookEvent {
  id: string;
  provider: string;
  type: string;
  objectId: string | null;
  payload: Prisma.JsonValue;
  attempts: number;
  receivedAt: Date;
  leaseToken: string;
}

/** Leases due events to this caller alone, oldest first. */
export async function claimWebhookEvents(limit: number, leaseMs: number): Promise<LeasedWebhookEvent[]> {
  return db().$queryRaw<LeasedWebhookEvent[]>`
    UPDATE webhook_event
       SET lease_token = gen_random_uuid(),
           lease_until = now() + ${leaseMs} * interval '1 millisecond',
           attempts = attempts + 1
     WHERE id IN (
       SELECT id FROM webhook_event
        WHERE status = 'PENDING' AND next_attempt_at <= now() AND (lease_until IS NULL OR lease_until < now())
        ORDER BY next_attempt_at
        LIMIT ${limit}
        FOR UPDATE SKIP LOCKED)
    RETURNING id, provider, type, object_id AS "objectId", payload, attempts, received_at AS "receivedAt",
              lease_token AS "leaseToken"`;
}

/**
 * Marks an event done, in the transaction of what it caused, where its lease is still ours.
 * @throws when the lease was lost: the transaction must not commit, another worker has the event.
 */
export async function completeWebhookEvent(tx: Database, event: LeasedWebhookEvent): Promise<void> {
  const { count } = await tx.webhookEvent.updateMany({
    where: { id: event.id, leaseToken: event.leaseToken },
    data: { status: "DONE", processedAt: new Date(), leaseToken: null, leaseUntil: null, lastError: null },
  });
  if (count === 0) throw new Error(`lost the lease on webhook event ${event.id}`);
}

/** Gives an event back to be tried again after a while, or gives it up. */
export async function rescheduleWebhookEvent(
  event: { id: string; leaseToken: string },
  next: { kind: "retry"; delayMs: number } | { kind: "dead" },
  lastError: string,
): Promise<void> {
  const delay = next.kind === "retry" ? next.delayMs : 0;
  const status = next.kind === "retry" ? "PENDING" : "DEAD";
  await db().$executeRaw`
    UPDATE webhook_event
       SET status = ${status}::webhook_event_status,
           next_attempt_at = now() + ${delay} * interval '1 millisecond',
           lease_token = NULL, lease_until = NULL, last_error = ${lastError}
     WHERE id = ${event.id}::uuid AND lease_token = ${event.leaseToken}::uuid`;
}
