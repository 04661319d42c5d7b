import type { Prisma } from "@/prisma/generated/client";
import type { ProviderMode, WebhookEventStatus } from "@/prisma/generated/enums";
import { type Database, db, pool } from "./client";
import { emailModeColumn, scopeColumns } from "./scope";

export interface NewWebhookEvent {
  provider: string;
  account: string;
  externalId: string;
  type: string;
  mode: ProviderMode;
  apiVersion: string | null;
  objectId: string | null;
  /** JSON text. */
  payload: string;
  occurredAt: Date;
  status: Extract<WebhookEventStatus, "PENDING" | "IGNORED" | "QUARANTINED">;
}

/** Postgres' jsonb has no word for a NUL, and a payload is only a hint: without them rather than not at all. */
function toJsonb(payload: string): string {
  if (!payload.includes("\\u0000")) return payload;
  return JSON.stringify(JSON.parse(payload), (_key, value: unknown) =>
    typeof value === "string" ? value.replaceAll("\u0000", "") : value,
  );
}

/** Not a named statement: connection poolers that share connections between clients do not know those. */
const INSERT = `
  INSERT INTO webhook_event
    (id, provider, account, external_id, type, mode, api_version, object_id, payload, status, occurred_at)
  VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT (provider, account, external_id) DO UPDATE
    SET type = EXCLUDED.type, mode = EXCLUDED.mode, api_version = EXCLUDED.api_version,
        object_id = EXCLUDED.object_id, payload = EXCLUDED.payload, status = EXCLUDED.status,
        next_attempt_at = now()
    WHERE webhook_event.status = 'QUARANTINED' AND EXCLUDED.status <> 'QUARANTINED'`;

/**
 * Persists an event before it is acknowledged, in one statement. One that is there already is left as it is, unless
 * it was quarantined and comes again in a form that is ours (two endpoints of different API versions overlap while
 * one replaces the other).
 */
export async function insertWebhookEvent(event: NewWebhookEvent): Promise<void> {
  const { provider, account, externalId, type, mode, apiVersion, objectId, status, occurredAt } = event;
  const payload = toJsonb(event.payload);
  await pool().query(INSERT, [
    ...[provider, account, externalId, type, mode, apiVersion, objectId],
    ...[payload, status, occurredAt],
  ]);
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

/** Leases due events of this process's modes to this caller alone, oldest first. */
export async function claimWebhookEvents(limit: number, leaseMs: number): Promise<LeasedWebhookEvent[]> {
  const { provider, mode } = scopeColumns();
  const mailMode = emailModeColumn();
  return db().$queryRaw<LeasedWebhookEvent[]>`
    UPDATE webhook_event
       SET lease_token = gen_random_uuid(),
           lease_until = now() + ${leaseMs} * interval '1 millisecond',
           attempts = attempts + 1
     WHERE id IN (
       SELECT id FROM webhook_event
        WHERE status = 'PENDING' AND next_attempt_at <= now() AND (lease_until IS NULL OR lease_until < now())
          AND mode = CASE provider WHEN ${provider} THEN ${mode}::provider_mode ELSE ${mailMode}::provider_mode END
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

/** Puts an event aside for a person to look at: it is about something that is not ours. */
export async function quarantineWebhookEvent(event: LeasedWebhookEvent, lastError: string): Promise<void> {
  await db().webhookEvent.updateMany({
    where: { id: event.id, leaseToken: event.leaseToken },
    data: { status: "QUARANTINED", leaseToken: null, leaseUntil: null, lastError },
  });
}
