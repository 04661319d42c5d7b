/**
 * What operators are shown of the inbox as a whole, from local tables alone: lists by a place, counts that end at a
 * hundred, and the words to filter by. No statement here depends on how many events there are.
 */
import { isUuid } from "@/lib/uuid";
import { Prisma } from "@/prisma/generated/client";
import type { WebhookEventStatus } from "@/prisma/generated/enums";
import { db } from "./client";
import { fromDatabase } from "./enum-names";
import { type ListPage, type ListPart, type Place, toListPage } from "./keyset";
import { lookFor, ownScope, ownScopeSql, type WebhookFilter, type WebhookStatus } from "./webhook-filter";

export interface WebhookRow {
  id: string;
  provider: string;
  type: string;
  objectId: string | null;
  status: WebhookStatus;
  /** The failed ones, and the one under way. */
  attempts: number;
  replays: number;
  lastError: string | null;
  nextAttemptAt: Date;
  receivedAt: Date;
  workspaceId: string | null;
  workspaceName: string | null;
}

export interface WebhookPage extends ListPage<WebhookRow> {
  /** Down (or up) to where was looked, where the search ended at its limit; null where it ended by itself. */
  lookedUntil: Date | null;
}

const PAGE_SIZE = 50;

/** The most rows that one page looks at when what it shows is rarer than what leads to it. */
const LOOKED_AT = 10_000;

/** More than is ever said: "99+". */
const COUNTED = 100;

type StoredRow = Omit<WebhookRow, "status" | "workspaceName"> & { status: WebhookEventStatus };

const COLUMNS = Prisma.sql`id, provider, type, object_id, status, attempts, replays, last_error, next_attempt_at,
  received_at, workspace_id`;

const placeOf = ({ receivedAt, id }: { receivedAt: Date; id: string }): Place => ({ at: receivedAt, id });

/** The statement of a page; exported for the test of its plan. */
export function listSql(filter: WebhookFilter, part: ListPart, lookedAt = LOOKED_AT): Prisma.Sql {
  const { rows, orderBy, checked } = lookFor(filter, part);
  const limit = PAGE_SIZE + 1;
  const looked = rows(COLUMNS, checked === null ? limit : lookedAt);
  return Prisma.sql`
    SELECT id, provider, type, object_id AS "objectId", status, attempts, replays, last_error AS "lastError",
           next_attempt_at AS "nextAttemptAt", received_at AS "receivedAt", workspace_id AS "workspaceId"
      FROM (${looked}) AS looked
     WHERE ${checked ?? Prisma.sql`true`} ORDER BY ${orderBy} LIMIT ${limit}`;
}

/** The last row that such a statement may have looked at; null where it came to the end of the table before. */
async function lastLookedAt(filter: WebhookFilter, part: ListPart, lookedAt: number): Promise<Place | null> {
  const looked = lookFor(filter, part).rows(Prisma.sql`received_at AS at, id`, lookedAt);
  const [last] = await db().$queryRaw<
    Place[]
  >`SELECT at, id FROM (${looked}) AS looked OFFSET ${lookedAt - 1}`;
  return last ?? null;
}

async function withWorkspaces(rows: readonly StoredRow[]): Promise<WebhookRow[]> {
  const ids = [...new Set(rows.flatMap(({ workspaceId }) => workspaceId ?? []))];
  const workspaces =
    ids.length === 0
      ? []
      : await db().workspace.findMany({ where: { id: { in: ids } }, select: { id: true, name: true } });
  const names = new Map(workspaces.map(({ id, name }) => [id, name]));
  return rows.map((row) => ({
    ...row,
    status: fromDatabase(row.status),
    workspaceName: row.workspaceId === null ? null : (names.get(row.workspaceId) ?? null),
  }));
}

/** A page of the inbox, newest first. @param lookedAt rows that are looked at, at most */
export async function listWebhooks(
  filter: WebhookFilter,
  part: ListPart,
  lookedAt = LOOKED_AT,
): Promise<WebhookPage> {
  const found = await db().$queryRaw<StoredRow[]>(listSql(filter, part, lookedAt));
  const isShort = lookFor(filter, part).checked !== null && found.length <= PAGE_SIZE;
  const last = isShort ? await lastLookedAt(filter, part, lookedAt) : null;
  const page = toListPage(found, part, PAGE_SIZE, placeOf);
  const rows = await withWorkspaces(page.rows);
  if (last === null) return { ...page, rows, lookedUntil: null };
  // There may be more beyond: from there on, rather than from the last one that was found.
  const further = part.kind === "newer" ? { newerThan: last } : { olderThan: last };
  return { ...page, ...further, rows, lookedUntil: last.at };
}

/** How many a list holds, up to a hundred; of those that are looked at for a page. */
export async function countWebhooks(filter: WebhookFilter): Promise<number> {
  const { rows, checked } = lookFor(filter, { kind: "newest" });
  const looked = rows(COLUMNS, checked === null ? COUNTED : LOOKED_AT);
  const [row] = await db().$queryRaw<{ count: number }[]>`
    SELECT COUNT(*)::int AS count
      FROM (SELECT 1 FROM (${looked}) AS looked WHERE ${checked ?? Prisma.sql`true`} LIMIT ${COUNTED}) AS counted`;
  return row?.count ?? 0;
}

/** Of each state that is not the end of an event, how many there are; a hundred stands for that and more. */
export interface WebhookCounts {
  dead: number;
  quarantined: number;
  /** Of what this process works on. */
  pending: number;
  /** When the oldest of those came; null where nothing waits. */
  oldestPendingAt: Date | null;
}

export async function countByStatus(): Promise<WebhookCounts> {
  const counted = (status: WebhookEventStatus) => Prisma.sql`
    (SELECT COUNT(*)::int FROM (SELECT 1 FROM webhook_event
                                 WHERE status = ${status}::webhook_event_status LIMIT ${COUNTED}) AS counted)`;
  const [counts] = await db().$queryRaw<WebhookCounts[]>`
    SELECT ${counted("DEAD")} AS dead, ${counted("QUARANTINED")} AS quarantined, pending, "oldestPendingAt"
      FROM (SELECT COUNT(*)::int AS pending, MIN(received_at) AS "oldestPendingAt"
              FROM (SELECT received_at
                      FROM (SELECT received_at, provider, mode, account FROM webhook_event
                             WHERE status >= 'PENDING' AND status <= 'PENDING'
                             ORDER BY status, received_at, id LIMIT ${LOOKED_AT}) AS looked
                     WHERE ${ownScopeSql()} LIMIT ${COUNTED}) AS own) AS waiting`;
  return counts ?? { dead: 0, quarantined: 0, pending: 0, oldestPendingAt: null };
}

/** The words that stand in the inbox, to choose from. */
export interface KnownWords {
  providers: string[];
  types: string[];
}

/** More than vendors have of them; a list to choose from is no longer. */
const MOST_WORDS = 400;

/** From one word to the next by the index: as many steps as there are words, not rows. */
function distinctSql(column: "provider" | "type"): Prisma.Sql {
  const name = Prisma.raw(column);
  return Prisma.sql`
    WITH RECURSIVE known AS (
      (SELECT ${name} AS word FROM webhook_event ORDER BY ${name} LIMIT 1)
      UNION ALL
      SELECT (SELECT ${name} FROM webhook_event WHERE ${name} > known.word ORDER BY ${name} LIMIT 1)
        FROM known WHERE known.word IS NOT NULL)
    SELECT word FROM known WHERE word IS NOT NULL LIMIT ${MOST_WORDS}`;
}

export async function knownWords(): Promise<KnownWords> {
  const read = async (column: "provider" | "type") => {
    const rows = await db().$queryRaw<{ word: string }[]>(distinctSql(column));
    return rows.map(({ word }) => word);
  };
  const [providers, types] = await Promise.all([read("provider"), read("type")]);
  return { providers, types };
}

/**
 * The events that an id means: ours, or a vendor's. The latter is unique only within an account, so every account that
 * has sent something is asked.
 */
export async function findEventIds(text: string): Promise<string[]> {
  const own = isUuid(text)
    ? await db().webhookEvent.findMany({ where: { id: text }, select: { id: true } })
    : [];
  if (own.length > 0) return own.map(({ id }) => id);
  const rows = await db().$queryRaw<{ id: string }[]>`
    WITH RECURSIVE sender AS (
      (SELECT provider, account FROM webhook_event ORDER BY provider, account LIMIT 1)
      UNION ALL
      SELECT next.provider, next.account
        FROM sender
       CROSS JOIN LATERAL (SELECT provider, account FROM webhook_event
                            WHERE (provider, account) > (sender.provider, sender.account)
                            ORDER BY provider, account LIMIT 1) AS next)
    SELECT event.id
      FROM sender
     CROSS JOIN LATERAL (SELECT id FROM webhook_event
                          WHERE provider = sender.provider AND account = sender.account
                            AND external_id = ${text}) AS event
     LIMIT ${COUNTED}`;
  return rows.map(({ id }) => id);
}

export interface WorkspaceMatch {
  id: string;
  name: string;
}

const MATCHES_SHOWN = 10;

/** The workspaces that an id or a name means; more than ten of one name are not told apart by it. */
export function findWorkspaces(text: string): Promise<WorkspaceMatch[]> {
  const isMeant = isUuid(text) ? Prisma.sql`id = ${text}::uuid` : Prisma.sql`lower(name) = lower(${text})`;
  return db().$queryRaw<WorkspaceMatch[]>`
    SELECT id, name FROM workspace WHERE ${isMeant} ORDER BY id DESC LIMIT ${MATCHES_SHOWN}`;
}

/** Rows that are looked through for a webhook among what was read from a vendor's list. */
const NEWEST = 1_000;

/**
 * When the last webhook of each of these providers came; null where none did, among its newest events. What was read
 * from the payments vendor's list has no version, and is no webhook.
 */
export async function lastWebhooks(
  providers: readonly string[],
): Promise<{ provider: string; at: Date | null }[]> {
  const { provider: paymentsProvider } = ownScope();
  return db().$queryRaw<{ provider: string; at: Date | null }[]>`
    SELECT asked.provider,
           (SELECT received_at
              FROM (SELECT received_at, api_version FROM webhook_event
                     WHERE webhook_event.provider = asked.provider
                     ORDER BY received_at DESC, id DESC LIMIT ${NEWEST}) AS newest
             WHERE asked.provider <> ${paymentsProvider} OR api_version IS NOT NULL
             LIMIT 1) AS at
      FROM unnest(${[...providers]}::text[]) AS asked (provider)`;
}
