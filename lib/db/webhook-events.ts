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
  /** The operation of ours that the payload's metadata names. */
  operationId: string | null;
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

/** What is bound for one row, in the order of the columns below. */
function valuesOf(event: NewWebhookEvent): unknown[] {
  const { provider, account, externalId, type, mode, apiVersion, objectId, operationId, status } = event;
  return [
    ...[provider, account, externalId, type, mode, apiVersion, objectId, operationId],
    ...[toJsonb(event.payload), status, event.occurredAt],
  ];
}
const VALUES_A_ROW = 11;

/** Not a named statement: connection poolers that share connections between clients do not know those. */
function insertStatement(rows: number): string {
  const row = (_: unknown, index: number) => {
    const places = Array.from({ length: VALUES_A_ROW }, (_place, n) => `$${index * VALUES_A_ROW + n + 1}`);
    return `(gen_random_uuid(), ${places.join(", ")})`;
  };
  return `
    INSERT INTO webhook_event
      (id, provider, account, external_id, type, mode, api_version, object_id, operation_id, payload, status, occurred_at)
    VALUES ${Array.from({ length: rows }, row).join(", ")}
    ON CONFLICT (provider, account, external_id) DO UPDATE
      SET type = EXCLUDED.type, mode = EXCLUDED.mode, api_version = EXCLUDED.api_version,
          object_id = EXCLUDED.object_id, operation_id = EXCLUDED.operation_id, payload = EXCLUDED.payload,
          status = EXCLUDED.status, next_attempt_at = now()
      WHERE webhook_event.status = 'QUARANTINED' AND EXCLUDED.status <> 'QUARANTINED'`;
}
const INSERT_ONE = insertStatement(1);

/**
 * Persists the events of one request before it is acknowledged, in one statement: all of them or none. One that is
 * there already is left as it is, unless it was quarantined and comes again in a form that is ours (two endpoints of
 * different API versions overlap while one replaces the other).
 */
export async function insertWebhookEvents(events: readonly NewWebhookEvent[]): Promise<void> {
  // A statement may not meet the same row twice, and a vendor may well repeat itself.
  const once = [...new Map(events.map((event) => [`${event.account} ${event.externalId}`, event])).values()];
  if (once.length === 0) return;
  const statement = once.length === 1 ? INSERT_ONE : insertStatement(once.length);
  await pool().query(statement, once.flatMap(valuesOf));
}

/** The same for one. */
export function insertWebhookEvent(event: NewWebhookEvent): Promise<void> {
  return insertWebhookEvents([event]);
}

/**
 * An event of our own making, in the transaction of what it is about, to be handled from `dueAt` on. One that is there
 * already is left as it is.
 */
export async function insertOwnEvent(
  tx: Database,
  event: { externalId: string; type: string; objectId: string; operationId?: string; dueAt: Date },
): Promise<void> {
  const { dueAt, ...columns } = event;
  await tx.webhookEvent.createMany({
    data: [{ ...scopeColumns(), ...columns, payload: {}, occurredAt: new Date(), nextAttemptAt: dueAt }],
    skipDuplicates: true,
  });
}

export interface LeasedWebhookEvent {
  id: string;
  provider: string;
  type: string;
  objectId: string | null;
  attempts: number;
  receivedAt: Date;
  /** Of the request that began the operation which the event is about. */
  correlationId: string | null;
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
    RETURNING id, provider, type, object_id AS "objectId", attempts, received_at AS "receivedAt",
              (SELECT correlation_id FROM operation WHERE operation.id = webhook_event.operation_id) AS "correlationId",
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

/**
 * Gives an event back to be tried again after a while, or gives it up. To wait is no attempt: the one that was counted
 * when it was leased is taken back.
 */
export async function rescheduleWebhookEvent(
  event: { id: string; leaseToken: string },
  next: { kind: "retry" | "wait"; delayMs: number } | { kind: "dead" },
  lastError: string,
): Promise<void> {
  const delay = next.kind === "dead" ? 0 : next.delayMs;
  const status = next.kind === "dead" ? "DEAD" : "PENDING";
  const takenBack = next.kind === "wait" ? 1 : 0;
  await db().$executeRaw`
    UPDATE webhook_event
       SET status = ${status}::webhook_event_status,
           attempts = attempts - ${takenBack},
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
