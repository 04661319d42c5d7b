/**
 * The outbox as operators search it: newest first from a place on, always along an index and never further than a
 * bounded number of rows, however many millions there are and whatever is asked for.
 */
import { isUuid } from "@/lib/uuid";
import { Prisma } from "@/prisma/generated/client";
import { type DeliveryState, OutboxKind, type OutboxStatus } from "@/prisma/generated/enums";
import { db } from "./client";
import { fromDatabase, toDatabase } from "./enum-names";
import { keysetSql, type ListPage, type ListPart, type Place, toListPage } from "./keyset";

export type MailStatus = Lowercase<OutboxStatus>;
export type MailDelivery = Lowercase<DeliveryState>;
/** What goes out besides mail. */
export type CommandKind = Exclude<Lowercase<OutboxKind>, "email">;
export type MessageKind = Lowercase<OutboxKind>;

/** What is asked for; null where it does not matter. */
export interface MailFilter {
  /** Mails or, apart from them, commands: all of these or of one kind. */
  kinds: readonly MessageKind[];
  status: MailStatus | null;
  delivery: MailDelivery | null;
  /** A template's name. */
  category: string | null;
  /** An address or its beginning, in lower case. */
  recipient: string | null;
  provider: string | null;
  workspaceId: string | null;
  /** Of the message: our id, or the vendor's. */
  reference: string | null;
  /** Enqueued at this moment or later. */
  from: Date | null;
  /** Enqueued before this moment. */
  until: Date | null;
}

export interface MailRow {
  id: string;
  kind: MessageKind;
  status: MailStatus;
  delivery: MailDelivery;
  /** Null of what is no mail, and of a mail of an earlier release. */
  recipient: string | null;
  subject: string | null;
  category: string | null;
  businessKey: string;
  provider: string | null;
  attempts: number;
  nextAttemptAt: Date;
  lastError: string | null;
  createdAt: Date;
}

export interface MailPage extends ListPage<MailRow> {
  /**
   * How far back it was looked, where that was not to the end: what is rare in a long list is found in several steps,
   * and the next one begins there. Null where the page is full or the list was looked through.
   */
  lookedTo: Date | null;
  /** Whether the beginning of an address fits more addresses than were looked at. */
  moreRecipients: boolean;
}

/** Rows that one look goes through at most, for conditions that have no index of their own. */
const LOOKED_THROUGH = 20_000;
/** Addresses that one beginning may stand for. */
const RECIPIENTS = 20;
/** Addresses that are looked at for them: an order by language may put others in between. */
const RECIPIENT_STEPS = 100;

interface FoundRow extends Omit<MailRow, "kind" | "status" | "delivery"> {
  kind: OutboxKind;
  status: OutboxStatus;
  delivery: DeliveryState;
  /** Whether it is what was asked for, and not only where a look has ended. */
  isAsked: boolean;
  isEnd: boolean;
}

const COLUMNS = Prisma.sql`id, kind, status, delivery, recipient, subject, category, provider, attempts,
  workspace_id, external_id, business_key AS "businessKey", next_attempt_at AS "nextAttemptAt",
  last_error AS "lastError", created_at`;

const equals = {
  kind: (kind: OutboxKind) => Prisma.sql`kind = ${kind}::outbox_kind`,
  status: (status: OutboxStatus) => Prisma.sql`status = ${status}::outbox_status`,
  category: (category: string) => Prisma.sql`category = ${category}`,
  recipient: (recipient: string) => Prisma.sql`recipient = ${recipient}`,
  workspace: (id: string) => Prisma.sql`workspace_id = ${id}::uuid`,
};

/** The conditions other than the time; each is false or null where it does not hold. */
export function mailConditions(filter: MailFilter): Prisma.Sql[] {
  const { kinds, status, delivery, category, recipient, provider, workspaceId, reference } = filter;
  return [
    Prisma.sql`kind = ANY (${kinds.map((kind) => toDatabase(kind))}::outbox_kind[])`,
    ...(status === null ? [] : [equals.status(toDatabase(status))]),
    ...(delivery === null ? [] : [Prisma.sql`delivery = ${toDatabase(delivery)}::delivery_state`]),
    ...(category === null ? [] : [equals.category(category)]),
    ...(recipient === null ? [] : [Prisma.sql`starts_with(recipient, ${recipient})`]),
    ...(provider === null ? [] : [Prisma.sql`provider = ${provider}`]),
    ...(workspaceId === null ? [] : [equals.workspace(workspaceId)]),
    ...(reference === null ? [] : [Prisma.sql`${reference} IN (id::text, external_id)`]),
  ];
}

/**
 * Beginnings of an index, each with the list's order behind it: together they have every row that is asked for. The
 * narrowest that can be told from the question alone is taken.
 */
async function indexBeginnings(
  filter: MailFilter,
): Promise<{ beginnings: Prisma.Sql[]; moreRecipients: boolean }> {
  const { kinds, status, category, recipient, workspaceId, reference } = filter;
  const ofKinds = (rest: Prisma.Sql[]) =>
    kinds.map((kind) => Prisma.join([equals.kind(toDatabase(kind)), ...rest], " AND "));
  const whole = (beginnings: Prisma.Sql[]) => ({ beginnings, moreRecipients: false });
  if (reference !== null) return whole(await referenced(reference));
  if (recipient !== null) {
    const addresses = await recipientsFrom(recipient);
    const beginnings = addresses.slice(0, RECIPIENTS).map(equals.recipient);
    return { beginnings, moreRecipients: addresses.length > RECIPIENTS };
  }
  if (workspaceId !== null) return whole([equals.workspace(workspaceId)]);
  // Of what is sent there are millions, of everything else few.
  if (status !== null && status !== "sent") return whole(ofKinds([equals.status(toDatabase(status))]));
  if (category !== null) return whole(ofKinds([equals.category(category)]));
  return whole(ofKinds(status === null ? [] : [equals.status(toDatabase(status))]));
}

/** The few messages that an id of ours or a vendor's names. */
async function referenced(reference: string): Promise<Prisma.Sql[]> {
  const rows = await db().$queryRaw<{ id: string }[]>`
    SELECT id FROM outbox_message WHERE external_id = ${reference}
    UNION
    SELECT id FROM outbox_message WHERE id = ANY (${isUuid(reference) ? [reference] : []}::uuid[])
    LIMIT ${RECIPIENTS}`;
  return rows.map(({ id }) => Prisma.sql`id = ${id}::uuid`);
}

/** The first addresses with this beginning, one more than are looked at; each is one step along the index. */
async function recipientsFrom(beginning: string): Promise<string[]> {
  const rows = await db().$queryRaw<{ recipient: string }[]>`
    WITH RECURSIVE address AS (
      (SELECT recipient, 1 AS step FROM outbox_message WHERE recipient >= ${beginning} ORDER BY recipient LIMIT 1)
      UNION ALL
      SELECT following.recipient, address.step + 1
        FROM address,
             LATERAL (SELECT recipient FROM outbox_message
                       WHERE recipient > address.recipient ORDER BY recipient LIMIT 1) AS following
       WHERE address.step < ${RECIPIENT_STEPS})
    SELECT recipient FROM address WHERE starts_with(recipient, ${beginning}) LIMIT ${RECIPIENTS + 1}`;
  return rows.map(({ recipient }) => recipient);
}

/**
 * A look along one beginning of an index: what it finds, up to a page of it, and the row at which it has to end. It
 * goes through the rows in the list's order, and stops with the page: an ORDER BY of its own would have the planner
 * expect that all of them are read, and sort them.
 */
function look(beginning: Prisma.Sql, filter: MailFilter, part: ListPart, pageSize: number): Prisma.Sql {
  const { where, orderBy, limit } = keysetSql("created_at", part, pageSize);
  const within = [
    beginning,
    where,
    ...(filter.from === null ? [] : [Prisma.sql`created_at >= ${filter.from}::timestamptz`]),
    ...(filter.until === null ? [] : [Prisma.sql`created_at < ${filter.until}::timestamptz`]),
  ];
  const isAsked = Prisma.join(mailConditions(filter), " AND ");
  return Prisma.sql`
    (SELECT *, COALESCE(${isAsked}, false) AS "isAsked"
       FROM (SELECT ${COLUMNS}, row_number() OVER (ORDER BY ${orderBy}) AS step
               FROM outbox_message WHERE ${Prisma.join(within, " AND ")}
              ORDER BY ${orderBy} LIMIT ${LOOKED_THROUGH}) AS looked
      WHERE (${isAsked}) OR step = ${LOOKED_THROUGH}
      LIMIT ${limit})`;
}

async function lookAlong(
  beginnings: readonly Prisma.Sql[],
  filter: MailFilter,
  part: ListPart,
  pageSize: number,
): Promise<FoundRow[]> {
  if (beginnings.length === 0) return [];
  const looks = beginnings.map((beginning) => look(beginning, filter, part, pageSize));
  return db().$queryRaw<FoundRow[]>`
    SELECT id, kind, status, delivery, recipient, subject, category, provider, attempts, "businessKey",
           "nextAttemptAt", "lastError", created_at AS "createdAt", "isAsked", step = ${LOOKED_THROUGH} AS "isEnd"
      FROM (${Prisma.join(looks, " UNION ALL ")}) AS found
     ORDER BY ${keysetSql("created_at", part, pageSize).orderBy}`;
}

const placeOf = ({ createdAt, id }: { createdAt: Date; id: string }): Place => ({ at: createdAt, id });

export async function listMails(filter: MailFilter, part: ListPart, pageSize: number): Promise<MailPage> {
  const { beginnings, moreRecipients } = await indexBeginnings(filter);
  const found = await lookAlong(beginnings, filter, part, pageSize);
  // Beyond the place where one of several looks has ended, nothing is known of that one.
  const firstEnd = found.findIndex(({ isEnd }) => isEnd);
  const end = found[firstEnd];
  const known = (end ? found.slice(0, firstEnd + 1) : found).filter(({ isAsked }) => isAsked);
  const page = toListPage(known, part, pageSize, placeOf);
  const stop = end === undefined || known.length > pageSize ? null : placeOf(end);
  const next = stop === null ? {} : part.kind === "newer" ? { newerThan: stop } : { olderThan: stop };
  return {
    ...page,
    ...next,
    rows: page.rows.map(toMailRow),
    lookedTo: stop?.at ?? null,
    moreRecipients,
  };
}

function toMailRow({ isAsked, isEnd, ...row }: FoundRow): MailRow {
  return {
    ...row,
    kind: fromDatabase(row.kind),
    status: fromDatabase(row.status),
    delivery: fromDatabase(row.delivery),
  };
}

/** What wants a person's eyes; each count is bounded by `COUNTED`. */
export interface MailCounts {
  dead: number;
  suppressed: number;
  pending: number;
  deadCommands: number;
}

/** One more than is ever said. */
const COUNTED = 100;

export async function countMails(): Promise<MailCounts> {
  const counted = (kinds: readonly OutboxKind[], status: OutboxStatus) => Prisma.sql`
    (SELECT COUNT(*)::int
       FROM unnest(${[...kinds]}::outbox_kind[]) AS asked (kind)
      CROSS JOIN LATERAL (SELECT 1 FROM outbox_message AS message
                           WHERE message.kind = asked.kind AND message.status = ${status}::outbox_status
                           LIMIT ${COUNTED}) AS one)`;
  const commands = Object.values(OutboxKind).filter((kind) => kind !== "EMAIL");
  const [counts] = await db().$queryRaw<MailCounts[]>`
    SELECT ${counted(["EMAIL"], "DEAD")} AS dead, ${counted(["EMAIL"], "SUPPRESSED")} AS suppressed,
           ${counted(["EMAIL"], "PENDING")} AS pending, ${counted(commands, "DEAD")} AS "deadCommands"`;
  return counts ?? { dead: 0, suppressed: 0, pending: 0, deadCommands: 0 };
}

/** Every template that a mail was ever made of, by steps along the index. */
export async function listCategories(): Promise<string[]> {
  const rows = await db().$queryRaw<{ category: string }[]>`
    WITH RECURSIVE known AS (
      (SELECT category FROM outbox_message
        WHERE kind = 'EMAIL' AND category IS NOT NULL ORDER BY category LIMIT 1)
      UNION ALL
      SELECT following.category
        FROM known,
             LATERAL (SELECT category FROM outbox_message
                       WHERE kind = 'EMAIL' AND category > known.category ORDER BY category LIMIT 1) AS following)
    SELECT category FROM known LIMIT 100`;
  return rows.map(({ category }) => category);
}
