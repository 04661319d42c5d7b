/**
 * Takes payloads out of rows that are old and done, and deletes what nobody looks at any more; a bounded number of rows
 * a statement. What was pruned is not passed over again and again: each walk goes up the index of its rows by age, and
 * begins where the last one ended.
 */
import type { OutboxKind, OutboxStatus, WebhookEventStatus } from "@/prisma/generated/enums";
import { pool } from "./client";

/** Rows of one table that are kept for the same time. */
export type PayloadShelf =
  | { table: "webhook_event"; status: WebhookEventStatus }
  | { table: "outbox_message"; kind: OutboxKind; status: OutboxStatus };

export function shelfName(shelf: PayloadShelf): string {
  const { table, status } = shelf;
  return [table, ...(shelf.table === "outbox_message" ? [shelf.kind] : []), status].join(":");
}

/** Where a walk stands: the age and id of the last row that was looked at. */
export interface ShelfPlace {
  at: Date;
  id: string;
}

/** Each along an index that is in the order of age: (status, received_at, id) and (kind, status, created_at, id). */
const SHELVES = {
  webhook_event: { age: "received_at", where: "status = $1::webhook_event_status" },
  outbox_message: { age: "created_at", where: "kind = $1::outbox_kind AND status = $2::outbox_status" },
} as const;

export function walkStatement(table: PayloadShelf["table"]): string {
  const { age, where } = SHELVES[table];
  const first = table === "outbox_message" ? 3 : 2;
  const [at, id, before, limit] = [first, first + 1, first + 2, first + 3].map((place) => `$${place}`);
  return `
    WITH looked AS (
      SELECT id, ${age} AS age, payload IS NOT NULL AND payload_pruned_at IS NULL AS is_full FROM ${table}
       WHERE ${where} AND (${age}, id) > (${at}::timestamptz, ${id}::uuid) AND ${age} < ${before}::timestamptz
       ORDER BY ${age}, id LIMIT ${limit}
    ), pruned AS (
      UPDATE ${table} AS old SET payload = NULL, payload_pruned_at = now()
        FROM looked WHERE old.id = looked.id AND looked.is_full AND old.${where.replaceAll(" AND ", " AND old.")}
      RETURNING 1
    )
    SELECT id, age AS at, (SELECT count(*) FROM looked)::int AS looked, (SELECT count(*) FROM pruned)::int AS pruned
      FROM looked ORDER BY age DESC, id DESC LIMIT 1`;
}

export interface WalkedBatch {
  pruned: number;
  /** Null where nothing older than the limit is left. */
  next: ShelfPlace | null;
}

/**
 * Looks at the next rows of a shelf that are older than `before`, and takes their payloads out. One that was replayed
 * meanwhile keeps its own.
 * @param limit rows that are looked at
 */
export async function walkShelf(
  shelf: PayloadShelf,
  input: { from: ShelfPlace; before: Date; limit: number },
): Promise<WalkedBatch> {
  const { from, before, limit } = input;
  const key = shelf.table === "outbox_message" ? [shelf.kind, shelf.status] : [shelf.status];
  const { rows } = await pool().query<ShelfPlace & { looked: number; pruned: number }>(
    walkStatement(shelf.table),
    [...key, from.at, from.id, before, limit],
  );
  const [last] = rows;
  if (!last) return { pruned: 0, next: null };
  return { pruned: last.pruned, next: last.looked < limit ? null : { at: last.at, id: last.id } };
}

const MARK = "retention-mark:";

/** Up to where each shelf is pruned; kept as the beginning of a turn that has that name. */
export async function readMarks(): Promise<Map<string, Date>> {
  const { rows } = await pool().query<{ name: string; at: Date }>(
    "SELECT name, started_at AS at FROM schedule WHERE starts_with(name, $1) AND started_at IS NOT NULL",
    [MARK],
  );
  return new Map(rows.map(({ name, at }) => [name.slice(MARK.length), at]));
}

export async function writeMark(shelf: PayloadShelf, at: Date): Promise<void> {
  await pool().query(
    `INSERT INTO schedule (name, due_at, started_at) VALUES ($1, now(), $2)
     ON CONFLICT (name) DO UPDATE SET due_at = EXCLUDED.due_at, started_at = EXCLUDED.started_at`,
    [MARK + shelfName(shelf), at],
  );
}

/** The next walks begin at the oldest rows: what was done late stands below the marks. */
export async function forgetMarks(): Promise<void> {
  await pool().query("DELETE FROM schedule WHERE starts_with(name, $1)", [MARK]);
}

/** What somebody else is deleting is skipped, so that no two wait for each other. */
const deleteOld = (table: string, where: string) => `
  DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ${table} AS old WHERE ${where} LIMIT $1 FOR UPDATE SKIP LOCKED))`;

/** What is deleted, and by which index its old rows are found. */
const DELETIONS = [
  // (at)
  deleteOld("failed_attempt", "at < now() - interval '90 days'"),
  // A slot counts for its second; a day's worth is little enough to be read through.
  deleteOld("send_slot", "slot < EXTRACT(EPOCH FROM now() - interval '1 day')"),
  // (created_at); no reading of a vendor is written a week after it was begun.
  deleteOld("sync_tombstone", "created_at < now() - interval '7 days'"),
  // (finished_at, created_at)
  deleteOld("replay_job", "finished_at < now() - interval '90 days'"),
  // (kind, started_at); the last good pass over events says where the next one begins.
  deleteOld(
    "reconciliation_run",
    `kind = ANY (enum_range(NULL::reconciliation_kind)) AND started_at < now() - interval '90 days'
     AND finished_at IS NOT NULL AND EXISTS (
       SELECT FROM reconciliation_run AS newer
        WHERE newer.kind = old.kind AND newer.provider = old.provider AND newer.mode = old.mode
          AND newer.account = old.account AND newer.started_at > old.started_at
          AND newer.finished_at IS NOT NULL AND newer.last_error IS NULL)`,
  ),
];

const DELETE_ROWS = 5_000;
const DELETE_BATCHES = 20;

/** How many rows were deleted, and whether there are none left to delete. */
export interface Deletion {
  deleted: number;
  isComplete: boolean;
}

async function deleteInBatches(statement: string, deadline: number): Promise<Deletion> {
  let deleted = 0;
  for (let batch = 0; batch < DELETE_BATCHES && Date.now() < deadline; batch += 1) {
    const { rowCount } = await pool().query(statement, [DELETE_ROWS]);
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < DELETE_ROWS) return { deleted, isComplete: true };
  }
  return { deleted, isComplete: false };
}

/**
 * Deletes what is older than anybody is shown.
 * @param deadline milliseconds since 1970
 */
export async function deleteOldRows(deadline: number): Promise<Deletion> {
  const all: Deletion = { deleted: 0, isComplete: true };
  for (const statement of DELETIONS) {
    const { deleted, isComplete } = await deleteInBatches(statement, deadline);
    all.deleted += deleted;
    all.isComplete &&= isComplete;
  }
  return all;
}
