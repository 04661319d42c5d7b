/** Our copies of what the payments vendor lists, a page at a time, for whoever compares the two. */
import { isPlanKey } from "@/lib/billing/plans";
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import { isUuid } from "@/lib/uuid";
import type { WebhookEventStatus } from "@/prisma/generated/enums";
import { db } from "./client";
import { fromDatabase } from "./enum-names";
import { scopeColumns } from "./scope";

/** Our copy of a subscription in the vendor's terms, and the fence under which it was read. */
export type SubscriptionCopy = Omit<
  SubscriptionSnapshot,
  "customerId" | "workspaceId" | "operationId" | "card"
> & { fence: bigint };

export async function findSubscriptionCopies(
  subscriptionIds: readonly string[],
): Promise<Map<string, SubscriptionCopy>> {
  const rows = await db().subscription.findMany({
    where: { ...scopeColumns(), externalId: { in: [...subscriptionIds] } },
  });
  return new Map(
    rows.map(({ externalId: id, status, planKey, interval, ...row }) => [
      id,
      {
        id,
        status: fromDatabase(status),
        planKey: isPlanKey(planKey) ? planKey : null,
        interval: interval && fromDatabase(interval),
        quantity: row.quantity,
        unitAmount: row.unitAmount,
        currency: row.currency,
        currentPeriodStart: row.currentPeriodStart,
        currentPeriodEnd: row.currentPeriodEnd,
        cancelAtPeriodEnd: row.cancelAtPeriodEnd,
        cancelAt: row.cancelAt,
        canceledAt: row.canceledAt,
        endedAt: row.endedAt,
        trialEndsAt: row.trialEndsAt,
        startedAt: row.startedAt,
        fence: row.fence,
      },
    ]),
  );
}

/** Our copy of a customer: whether it is held to be known to the vendor. */
export interface CustomerCopy {
  id: string;
  isDeleted: boolean;
}

export async function findCustomerCopies(customerIds: readonly string[]): Promise<Map<string, CustomerCopy>> {
  const rows = await db().billingCustomer.findMany({
    where: { ...scopeColumns(), externalId: { in: [...customerIds] } },
    select: { externalId: true, deletedAt: true },
  });
  return new Map(rows.map(({ externalId: id, deletedAt }) => [id, { id, isDeleted: deletedAt !== null }]));
}

/** Which of these customers and workspaces are known here: what belongs to none of them is another product's. */
export async function findKnownOwners(owners: {
  customerIds: readonly string[];
  workspaceIds: readonly string[];
}): Promise<{ customers: Set<string>; workspaces: Set<string> }> {
  const [customers, workspaces] = await Promise.all([
    findCustomerCopies(owners.customerIds),
    db().workspace.findMany({
      where: { id: { in: owners.workspaceIds.filter(isUuid) } },
      select: { id: true },
    }),
  ]);
  return { customers: new Set(customers.keys()), workspaces: new Set(workspaces.map(({ id }) => id)) };
}

/** The vendor's events of which the inbox knows, by their ids. */
export async function findKnownEvents(eventIds: readonly string[]): Promise<Map<string, WebhookEventStatus>> {
  const { provider, account } = scopeColumns();
  const rows = await db().webhookEvent.findMany({
    where: { provider, account, externalId: { in: [...eventIds] } },
    select: { externalId: true, status: true },
  });
  return new Map(rows.map(({ externalId, status }) => [externalId, status]));
}

/** Which of these objects have an event that is still to be handled: what it brings is on its way. */
export async function findAwaitedObjects(objectIds: readonly string[]): Promise<Set<string>> {
  if (objectIds.length === 0) return new Set();
  const { provider, mode } = scopeColumns();
  const rows = await db().webhookEvent.findMany({
    where: { objectId: { in: [...objectIds] }, provider, mode, status: "PENDING" },
    select: { objectId: true },
    distinct: ["objectId"],
  });
  return new Set(rows.flatMap(({ objectId }) => objectId ?? []));
}

const TABLES = { subscription: "subscription", customer: "billing_customer" } as const;
export type CopiedKind = keyof typeof TABLES;

/**
 * Notes that the vendor lists these, without a word about what they are like: `updated_at` is also when a copy was last
 * seen to have its counterpart. The fence is left alone, for a reading under a lower one may be about to be written.
 * @returns how many of them we have
 */
export async function markListed(kind: CopiedKind, ids: readonly string[]): Promise<number> {
  const { provider, mode, account } = scopeColumns();
  return db().$executeRawUnsafe(
    `UPDATE ${TABLES[kind]} SET updated_at = now()
      WHERE provider = $1 AND mode = $2::provider_mode AND account = $3 AND external_id = ANY($4::text[])`,
    ...[provider, mode, account, [...ids]],
  );
}

/** Copies that are looked at in one statement. */
const WALK_ROWS = 1_000;
/** What the vendor need not list any more. */
const IS_LIVE = {
  subscription: "status NOT IN ('CANCELED', 'INCOMPLETE_EXPIRED')",
  customer: "deleted_at IS NULL",
} as const satisfies Record<CopiedKind, string>;

/**
 * Live copies that nobody has listed or written since a moment: the vendor may know them no more. Walks all copies in
 * the order of their ids, so many in one call.
 * @param after the last id of the walk so far; null at its beginning
 * @returns the last id that was looked at; null at the end
 */
export async function walkUnlisted(
  kind: CopiedKind,
  input: { since: Date; after: string | null },
): Promise<{ ids: string[]; last: string | null }> {
  const { provider, mode, account } = scopeColumns();
  const rows = await db().$queryRawUnsafe<{ id: string; isUnlisted: boolean }[]>(
    `SELECT external_id AS id, ${IS_LIVE[kind]} AND updated_at < $4 AS "isUnlisted"
       FROM ${TABLES[kind]}
      WHERE provider = $1 AND mode = $2::provider_mode AND account = $3 AND external_id > $5
      ORDER BY external_id LIMIT ${WALK_ROWS}`,
    ...[provider, mode, account, input.since, input.after ?? ""],
  );
  return {
    ids: rows.filter(({ isUnlisted }) => isUnlisted).map(({ id }) => id),
    last: rows.length === WALK_ROWS ? (rows.at(-1)?.id ?? null) : null,
  };
}
