/**
 * Has events and messages done again that were done with: one, or a set a batch at a time. Each is counted on its row
 * and noted in the audit log in the same transaction, under its own id. How long it is tried for begins anew then
 * (lib/db/patience.ts).
 */
import { Prisma } from "@/prisma/generated/client";
import type { OutboxStatus, ProviderMode, ReplayTarget, WebhookEventStatus } from "@/prisma/generated/enums";
import { type Database, db } from "./client";
import { toDatabase } from "./enum-names";
import type { ListPart } from "./keyset";
import { type MailFilter, mailConditions } from "./mail-console";
import { ownMessagesSql } from "./outbox";
import { REPLAYED } from "./patience";
import {
  isOfOwnScope,
  lookFor,
  ownScopeSql,
  type ReplayableStatus,
  type WebhookFilter,
} from "./webhook-filter";

export interface ReplayableEvent {
  id: string;
  provider: string;
  account: string;
  mode: ProviderMode;
  type: string;
  objectId: string | null;
  status: WebhookEventStatus;
  workspaceId: string | null;
}

/** Whether somebody here handles an event's type. */
export type IsHandled = (event: { provider: string; type: string }) => boolean;

/** Where an event goes when it is done again; null where that would come to nothing. */
export function statusAfterReplay(
  event: Omit<ReplayableEvent, "id" | "workspaceId">,
  isHandled: IsHandled,
): "PENDING" | "IGNORED" | null {
  if (event.status === "PENDING" || !isOfOwnScope(event)) return null;
  if (event.objectId !== null && isHandled(event)) return "PENDING";
  // Looked at by a person, and nothing to do about it.
  return event.status === "QUARANTINED" ? "IGNORED" : null;
}

interface ReplayOf {
  actorId: string | null;
  /** Of which set; null for one by itself. */
  jobId: string | null;
}

async function sendBack(
  tx: Database,
  rows: readonly { id: string; from: WebhookEventStatus; to: "PENDING" | "IGNORED" }[],
  { actorId, jobId }: ReplayOf,
): Promise<number> {
  if (rows.length === 0) return 0;
  const sent = await tx.$queryRaw<{ id: string }[]>`
    UPDATE webhook_event AS event
       SET status = asked.next, attempts = 0, next_attempt_at = now(), replays = replays + 1,
           lease_token = NULL, lease_until = NULL, last_error = NULL, processed_at = NULL
      FROM unnest(${rows.map(({ id }) => id)}::uuid[],
                  ${rows.map(({ from }) => from)}::webhook_event_status[],
                  ${rows.map(({ to }) => to)}::webhook_event_status[]) AS asked (id, "from", next)
     WHERE event.id = asked.id AND event.status = asked."from"
    RETURNING event.id`;
  const byId = new Map(rows.map((row) => [row.id, row]));
  await tx.auditLog.createMany({
    data: sent.map(({ id }) => ({
      actorId,
      action: REPLAYED.webhook_event,
      eventId: id,
      detail: { eventId: id, from: byId.get(id)?.from, to: byId.get(id)?.to, ...(jobId && { jobId }) },
    })),
  });
  return sent.length;
}

/**
 * Has one event done again, if it is still as it was when it was looked at: asked twice, done once.
 * @param seenReplays how often it had been done again by then
 */
export async function replayOne(
  event: ReplayableEvent,
  to: "PENDING" | "IGNORED",
  seenReplays: number,
  actorId: string,
): Promise<boolean> {
  return db().$transaction(async (tx) => {
    const [locked] = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM webhook_event WHERE id = ${event.id}::uuid AND replays = ${seenReplays} FOR UPDATE`;
    if (locked === undefined) return false;
    const row = { id: event.id, from: event.status, to };
    return (await sendBack(tx, [row], { actorId, jobId: null })) === 1;
  });
}

/** What is needed to have an event done again; null where there is no such event. */
export function findReplayable(id: string): Promise<(ReplayableEvent & { replays: number }) | null> {
  return db().webhookEvent.findUnique({
    where: { id },
    select: {
      ...{ id: true, provider: true, account: true, mode: true, type: true },
      ...{ objectId: true, status: true, workspaceId: true, replays: true },
    },
  });
}

/** Where it may have gone stays as it is: cleared, what may be with one vendor already would go to another one. */
async function sendAgain(tx: Database, ids: readonly string[], replay: ReplayOf): Promise<number> {
  if (ids.length === 0) return 0;
  const sent = await tx.$queryRaw<{ id: string; workspaceId: string | null }[]>`
    UPDATE outbox_message
       SET status = 'PENDING', attempts = 0, next_attempt_at = now(), replays = replays + 1,
           lease_token = NULL, lease_until = NULL, last_error = NULL
     WHERE id = ANY (${[...ids]}::uuid[]) AND status = 'DEAD' AND payload IS NOT NULL AND ${ownMessagesSql()}
    RETURNING id, workspace_id AS "workspaceId"`;
  const { actorId, jobId } = replay;
  await tx.auditLog.createMany({
    data: sent.map(({ id }) => ({
      actorId,
      action: REPLAYED.outbox_message,
      eventId: id,
      detail: { messageId: id, ...(jobId && { jobId }) },
    })),
  });
  return sent.length;
}

/** Has one message that was given up tried again; false where it is not given up (any more), or carried a secret. */
export async function replayMessage(id: string, actorId: string): Promise<boolean> {
  return db().$transaction(async (tx) => (await sendAgain(tx, [id], { actorId, jobId: null })) === 1);
}

/** From where a batch goes on. */
export interface BatchStart {
  until: Date;
  /** The last row that was looked at; null before the first. */
  cursor: { at: Date; id: string } | null;
  size: number;
}

export interface Batch {
  replayed: number;
  /** Null where the end of the list was reached. */
  cursor: { at: Date; id: string } | null;
}

function enqueuedBefore({ until, cursor }: BatchStart): Prisma.Sql {
  if (cursor === null) return Prisma.sql`created_at <= ${until}::timestamptz`;
  return Prisma.sql`(created_at, id) < (${cursor.at}::timestamptz, ${cursor.id}::uuid)`;
}

function endOf(rows: readonly { id: string; at: Date }[], size: number): Batch["cursor"] {
  const last = rows.at(-1);
  return last === undefined || rows.length < size ? null : { at: last.at, id: last.id };
}

/** The next events of a set, newest first: as many are looked at as a batch has, and those that fit sent back. */
export async function replayEventBatch(
  tx: Database,
  filter: WebhookFilter & { status: ReplayableStatus },
  start: BatchStart,
  replay: ReplayOf,
  isHandled: IsHandled,
): Promise<Batch> {
  const { until, cursor, size } = start;
  const to = filter.to === null || filter.to > until ? until : filter.to;
  const part: ListPart = cursor === null ? { kind: "newest" } : { kind: "older", than: cursor };
  const { rows, checked } = lookFor({ ...filter, to }, part);
  const columns = Prisma.sql`
    id, provider, account, mode, type, object_id AS "objectId", status, workspace_id AS "workspaceId",
    received_at AS at, (${checked ?? Prisma.sql`true`}) AS fits`;
  const looked = await tx.$queryRaw<
    (ReplayableEvent & { at: Date; fits: boolean })[]
  >`${rows(columns, size)}`;
  const asked = looked.flatMap((event) => {
    if (!event.fits || event.status !== toDatabase(filter.status)) return [];
    const next = statusAfterReplay(event, isHandled);
    return next === null ? [] : [{ id: event.id, from: event.status, to: next }];
  });
  return { replayed: await sendBack(tx, asked, replay), cursor: endOf(looked, size) };
}

const DEAD: OutboxStatus = "DEAD";

/** The same of the messages that were given up. */
export async function replayMessageBatch(
  tx: Database,
  filter: MailFilter,
  start: BatchStart,
  replay: ReplayOf,
): Promise<Batch> {
  const times = [
    enqueuedBefore(start),
    ...(filter.from === null ? [] : [Prisma.sql`created_at >= ${filter.from}::timestamptz`]),
    ...(filter.until === null ? [] : [Prisma.sql`created_at < ${filter.until}::timestamptz`]),
  ];
  // Each kind has its own part of the index, in the list's order.
  const arms = filter.kinds.map(
    (kind) => Prisma.sql`
      (SELECT *, created_at AS at FROM outbox_message
        WHERE kind = ${toDatabase(kind)}::outbox_kind AND status = ${DEAD}::outbox_status
          AND ${Prisma.join(times, " AND ")}
        ORDER BY created_at DESC, id DESC LIMIT ${start.size})`,
  );
  const looked = await tx.$queryRaw<{ id: string; at: Date; fits: boolean }[]>`
    SELECT id, at, (${Prisma.join(mailConditions({ ...filter, status: "dead" }), " AND ")}) AS fits
      FROM (${Prisma.join(arms, " UNION ALL ")}) AS looked
     ORDER BY at DESC, id DESC LIMIT ${start.size}`;
  const asked = looked.flatMap(({ id, fits }) => (fits ? [id] : []));
  return { replayed: await sendAgain(tx, asked, replay), cursor: endOf(looked, start.size) };
}

/** Whether so much of this process's is due already that more of it would only keep what is new waiting. */
export async function isBacklogOf(target: ReplayTarget, size: number): Promise<boolean> {
  const due = Prisma.sql`status = 'PENDING' AND next_attempt_at <= now()`;
  const rows =
    target === "INBOX"
      ? Prisma.sql`SELECT 1 FROM webhook_event WHERE ${due} AND ${ownScopeSql()}`
      : Prisma.sql`SELECT 1 FROM outbox_message WHERE ${due} AND ${ownMessagesSql()}`;
  const [row] = await db().$queryRaw<{ count: number }[]>`
    SELECT COUNT(*)::int AS count FROM (${rows} LIMIT ${size}) AS counted`;
  return row?.count === size;
}
