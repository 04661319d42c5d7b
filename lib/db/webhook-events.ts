import type { ProviderMode, WebhookEventStatus } from "@/prisma/generated/enums";
import { type Database, ingressPool } from "./client";
import { namedQuery, namedStatement } from "./named-query";
import { REPLAYED } from "./patience";
import { scopeColumns } from "./scope";

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
    ...[toJsonb(event.payload), status, event.occurredAt.toISOString()],
  ];
}
const VALUES_A_ROW = 11;

function insertStatement(rows: number, onConflict: string): string {
  const row = (_: unknown, index: number) => {
    const places = Array.from({ length: VALUES_A_ROW }, (_place, n) => `$${index * VALUES_A_ROW + n + 1}`);
    return `(gen_random_uuid(), ${places.join(", ")})`;
  };
  return `
    INSERT INTO webhook_event
      (id, provider, account, external_id, type, mode, api_version, object_id, operation_id, payload, status, occurred_at)
    VALUES ${Array.from({ length: rows }, row).join(", ")}
    ON CONFLICT (provider, account, external_id) ${onConflict}`;
}
const LEAVE = "DO NOTHING";
const RELEASE = `DO UPDATE
      SET type = EXCLUDED.type, mode = EXCLUDED.mode, api_version = EXCLUDED.api_version,
          object_id = EXCLUDED.object_id, operation_id = EXCLUDED.operation_id, payload = EXCLUDED.payload,
          status = EXCLUDED.status, next_attempt_at = now(), attempts = 0, last_error = NULL,
          replays = webhook_event.replays + 1
      WHERE webhook_event.status = 'QUARANTINED' AND EXCLUDED.status <> 'QUARANTINED'
        AND (EXCLUDED.api_version IS NOT NULL OR webhook_event.api_version IS NULL)
    RETURNING id, status, replays`;
/** Done again as by an operator's hand, and noted like that: how long it is tried for begins anew (lib/db/patience.ts). */
const releaseStatement = (rows: number) => `
  WITH released AS (${insertStatement(rows, RELEASE)})
  INSERT INTO audit_log (id, action, event_id, detail)
  SELECT gen_random_uuid(), '${REPLAYED.webhook_event}', id,
         jsonb_build_object('eventId', id, 'from', 'QUARANTINED', 'to', status)
    FROM released WHERE replays > 0`;
const INSERT_ONE = namedStatement(insertStatement(1, LEAVE));

/**
 * Persists the events of one request before it is acknowledged, in one statement: all of them or none. One that is
 * there already is left as it is, unless it was quarantined and comes again in a form that is ours (two endpoints of
 * different API versions overlap while one replaces the other): that is a second statement, as planning it costs a
 * fifth of an insert and hardly any event needs it.
 */
export async function insertWebhookEvents(events: readonly NewWebhookEvent[]): Promise<void> {
  // A statement may not meet the same row twice, and a vendor may well repeat itself.
  const once = [...new Map(events.map((event) => [`${event.account} ${event.externalId}`, event])).values()];
  if (once.length === 0) return;
  const values = once.flatMap(valuesOf);
  const { rowCount } =
    once.length === 1
      ? await namedQuery(ingressPool(), INSERT_ONE, values)
      : await ingressPool().query(insertStatement(once.length, LEAVE), values);
  if (rowCount !== once.length) await ingressPool().query(releaseStatement(once.length), values);
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
