/** Addresses that are not written to. Keyed by mode, so that what bounces in the sandbox reaches everybody else. */
import { Prisma } from "@/prisma/generated/client";
import type { ProviderMode, SuppressionReason } from "@/prisma/generated/enums";
import { type Database, db } from "./client";
import { fromDatabase, toDatabase } from "./enum-names";
import { keysetSql, type ListPage, type ListPart, toListPage } from "./keyset";
import { emailModeColumn } from "./scope";

export type SuppressionReasonName = Lowercase<SuppressionReason>;

/** Stands for every category. */
const EVERYTHING = "";

/** From what keeps the fewest mails back to what keeps them all. */
const WEAKEST_FIRST: readonly SuppressionReasonName[] = ["unsubscribed", "complained", "vendor", "bounced"];

/** Why an address is not written to, for this category or for all: read afresh, for a mail that is about to go. */
export async function suppressionsOf(address: string, category: string): Promise<SuppressionReasonName[]> {
  const rows = await db().emailSuppression.findMany({
    where: { mode: emailModeColumn(), address, category: { in: [EVERYTHING, category] } },
    select: { reason: true },
  });
  return rows.map(({ reason }) => fromDatabase(reason));
}

export interface NewSuppression {
  mode: ProviderMode;
  /** In lower case. */
  address: string;
  /** Null for all of them. */
  category: string | null;
  reason: SuppressionReasonName;
  /** Who reported it; null for the reader themselves. */
  provider: string | null;
  /** The mail that led to it. */
  messageId: string | null;
}

/** Keeps an address from being written to. Of two reasons the one that keeps more mails back stays. */
export async function addSuppression(tx: Database, suppression: NewSuppression): Promise<void> {
  const { mode, address, provider, messageId } = suppression;
  const category = suppression.category ?? EVERYTHING;
  const reason = toDatabase(suppression.reason);
  const { count } = await tx.emailSuppression.createMany({
    data: [{ mode, address, category, reason, provider, messageId }],
    skipDuplicates: true,
  });
  if (count === 1) return;
  const weaker = WEAKEST_FIRST.slice(0, WEAKEST_FIRST.indexOf(suppression.reason)).map(toDatabase);
  await tx.emailSuppression.updateMany({
    where: { mode, address, category, reason: { in: weaker } },
    data: { reason, provider, messageId },
  });
}

/** The reader's own wish: no more mails of a category. Said twice, it is the same wish. */
export function unsubscribe(address: string, category: string): Promise<void> {
  const mode = emailModeColumn();
  return addSuppression(db(), {
    ...{ mode, address, category, reason: "unsubscribed", provider: null, messageId: null },
  });
}

/** Takes that wish back, and nothing else that keeps mails from the address. */
export async function resubscribe(address: string, category: string): Promise<void> {
  const where = { mode: emailModeColumn(), address, category, reason: toDatabase("unsubscribed") };
  await db().emailSuppression.deleteMany({ where });
}

export async function isUnsubscribed(address: string, category: string): Promise<boolean> {
  const where = { mode: emailModeColumn(), address, category, reason: toDatabase("unsubscribed") };
  return (await db().emailSuppression.findFirst({ where, select: { id: true } })) !== null;
}

export interface Suppression {
  id: string;
  address: string;
  /** Null for all of them. */
  category: string | null;
  reason: SuppressionReasonName;
  provider: string | null;
  messageId: string | null;
  createdAt: Date;
}

interface FoundSuppression extends Omit<Suppression, "reason" | "category"> {
  reason: SuppressionReason;
  category: string;
}

const COLUMNS = Prisma.sql`id, address, category, reason, provider, message_id AS "messageId", created_at AS "createdAt"`;

function toSuppression({ reason, category, ...row }: FoundSuppression): Suppression {
  return { ...row, reason: fromDatabase(reason), category: category === EVERYTHING ? null : category };
}

/** The list in this process's mode, newest first. */
export async function listSuppressions(part: ListPart, pageSize: number): Promise<ListPage<Suppression>> {
  const { where, orderBy, limit } = keysetSql("created_at", part, pageSize);
  const found = await db().$queryRaw<FoundSuppression[]>`
    SELECT ${COLUMNS} FROM email_suppression
     WHERE mode = ${emailModeColumn()}::provider_mode AND ${where}
     ORDER BY ${orderBy} LIMIT ${limit}`;
  return toListPage(found.map(toSuppression), part, pageSize, ({ createdAt: at, id }) => ({ at, id }));
}

/**
 * Those whose address begins so, by address, from behind one of them on. Along the index of addresses; a beginning
 * that fits nobody ends the search at the index's end.
 * @param beginning in lower case
 * @param after the last one of the page before; null for the first page
 */
export async function searchSuppressions(
  beginning: string,
  after: { address: string; category: string | null } | null,
  pageSize: number,
): Promise<{ rows: Suppression[]; next: { address: string; category: string | null } | null }> {
  const from = after
    ? Prisma.sql`(address, category) > (${after.address}, ${after.category ?? EVERYTHING})`
    : Prisma.sql`address >= ${beginning}`;
  const found = await db().$queryRaw<FoundSuppression[]>`
    SELECT ${COLUMNS} FROM email_suppression
     WHERE mode = ${emailModeColumn()}::provider_mode AND ${from} AND starts_with(address, ${beginning})
     ORDER BY address, category LIMIT ${pageSize + 1}`;
  const rows = found.slice(0, pageSize).map(toSuppression);
  const last = rows.at(-1);
  const isMore = found.length > pageSize && last !== undefined;
  return { rows, next: isMore ? { address: last.address, category: last.category } : null };
}

export async function findSuppression(id: string): Promise<Suppression | null> {
  const row = await db().emailSuppression.findUnique({
    where: { id, mode: emailModeColumn() },
    select: {
      ...{ id: true, address: true, category: true, reason: true },
      ...{ provider: true, messageId: true, createdAt: true },
    },
  });
  return row && toSuppression(row);
}

/** Says whether it was there to be removed. */
export async function deleteSuppression(tx: Database, id: string): Promise<boolean> {
  const { count } = await tx.emailSuppression.deleteMany({ where: { id, mode: emailModeColumn() } });
  return count === 1;
}
