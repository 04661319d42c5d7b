import { processSingleton } from "@/lib/process-singleton";
import type { ProviderMode, WebhookEventStatus } from "@/prisma/generated/enums";
import { type Database, ingressPool } from "./client";
import { createGroupCommit } from "./group-commit";
import { namedQuery, namedStatement } from "./named-query";
import { REPLAYED } from "./patience";
import { scopeColumns } from "./scope";

/** Milliseconds. A vendor waits for 10 seconds or longer, and then sends it again. */
const INSERT_DEADLINE_MS = 4_000;
const MOST_A_STATEMENT = 50;

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

type StoredKey = Pick<NewWebhookEvent, "provider" | "account" | "externalId">;

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
const LEAVE = `DO NOTHING
    RETURNING provider, account, external_id AS "externalId"`;
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

/** What is sent for an event. Made before it meets those of others: what cannot be sent is its own caller's trouble. */
interface Row {
  key: StoredKey;
  values: unknown[];
  /** Of two copies the higher one stands: one of ours before one that is not, one that came by itself before a listed one. */
  rank: number;
  isOurs: boolean;
}

function rowOf(event: NewWebhookEvent): Row {
  const { provider, account, externalId, status, apiVersion } = event;
  const isOurs = status !== "QUARANTINED";
  const rank = (isOurs ? 2 : 0) + (apiVersion === null ? 0 : 1);
  return { key: { provider, account, externalId }, values: valuesOf(event), rank, isOurs };
}

const textOf = ({ provider, account, externalId }: StoredKey) => `${provider} ${account} ${externalId}`;

const QUARANTINED = `
  SELECT provider, account, external_id AS "externalId" FROM webhook_event
   WHERE (provider, account, external_id) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))
     AND status = 'QUARANTINED'`;

/** Asked first: a row that somebody works on is not to be waited for. */
async function releaseQuarantined(rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const column = (name: keyof StoredKey) => rows.map(({ key }) => key[name]);
  const columns = [column("provider"), column("account"), column("externalId")];
  const quarantined = await ingressPool().query<StoredKey>(QUARANTINED, columns);
  const keys = new Set(quarantined.rows.map(textOf));
  const released = rows.filter(({ key }) => keys.has(textOf(key)));
  if (released.length === 0) return;
  await ingressPool().query(
    releaseStatement(released.length),
    released.flatMap(({ values }) => values),
  );
}

/**
 * Stores events in one statement: all of them or none. One that is there already is left as it is, unless it was
 * quarantined and comes again in a form that is ours (two endpoints of different API versions overlap while one replaces
 * the other): hardly any event needs that.
 */
async function store(rows: readonly Row[]): Promise<void> {
  // A statement may not meet the same row twice, and a vendor may well repeat itself. All write in one order: two that
  // bring the same events would else wait for each other.
  const inTurn = rows.toSorted((one, other) => one.rank - other.rank);
  const once = [...new Map(inTurn.map((row) => [textOf(row.key), row]))]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, row]) => row);
  const values = once.flatMap((row) => row.values);
  const { rows: inserted } =
    once.length === 1
      ? await namedQuery<StoredKey>(ingressPool(), INSERT_ONE, values)
      : await ingressPool().query<StoredKey>(insertStatement(once.length, LEAVE), values);
  if (inserted.length === once.length) return;
  const stored = new Set(inserted.map(textOf));
  await releaseQuarantined(once.filter(({ key, isOurs }) => isOurs && !stored.has(textOf(key))));
}

/**
 * Persists the events of one request before it is acknowledged, all of them or none: by itself, or with those of others
 * that come meanwhile.
 */
export async function insertWebhookEvents(events: readonly NewWebhookEvent[]): Promise<void> {
  if (events.length === 0) return;
  const together = processSingleton("insert-webhook-events", () =>
    createGroupCommit({
      store,
      lanes: ingressPool().options.max,
      mostItems: MOST_A_STATEMENT,
      deadlineMs: INSERT_DEADLINE_MS,
    }),
  );
  await together(events.map(rowOf));
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
