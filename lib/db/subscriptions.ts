import { currentSubscription } from "@/lib/billing/current-subscription";
import { isPlanKey } from "@/lib/billing/plans";
import { isLive, type SubscriptionView } from "@/lib/billing/status";
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import type { Prisma } from "@/prisma/generated/client";
import { type Database, db } from "./client";
import { type CopyState, type CopyWrite, isoOrNull, writeCopy } from "./copy-write";
import { fromDatabase, toDatabase } from "./enum-names";
import { scopeColumns } from "./scope";
import { bury } from "./tombstones";

function columns(snapshot: SubscriptionSnapshot, fence: bigint) {
  return {
    status: toDatabase(snapshot.status),
    planKey: snapshot.planKey,
    interval: snapshot.interval && toDatabase(snapshot.interval),
    quantity: snapshot.quantity,
    unitAmount: snapshot.unitAmount,
    currency: snapshot.currency,
    currentPeriodStart: snapshot.currentPeriodStart,
    currentPeriodEnd: snapshot.currentPeriodEnd,
    cancelAtPeriodEnd: snapshot.cancelAtPeriodEnd,
    cancelAt: snapshot.cancelAt,
    canceledAt: snapshot.canceledAt,
    endedAt: snapshot.endedAt,
    trialEndsAt: snapshot.trialEndsAt,
    startedAt: snapshot.startedAt,
    fence,
  };
}

const stateSelect = {
  status: true,
  planKey: true,
  interval: true,
  quantity: true,
  unitAmount: true,
  cancelAtPeriodEnd: true,
  cancelAt: true,
  currentPeriodEnd: true,
  endedAt: true,
} as const satisfies Prisma.SubscriptionSelect;

function stateOf(row: Prisma.SubscriptionGetPayload<{ select: typeof stateSelect }>): CopyState {
  const { status, planKey, interval, quantity, unitAmount, cancelAtPeriodEnd } = row;
  return {
    status: fromDatabase(status),
    planKey,
    interval: interval && fromDatabase(interval),
    ...{ quantity, unitAmount, cancelAtPeriodEnd },
    cancelAt: isoOrNull(row.cancelAt),
    currentPeriodEnd: isoOrNull(row.currentPeriodEnd),
    endedAt: isoOrNull(row.endedAt),
  };
}

/**
 * Writes what the vendor said under a fence, unless something read under a higher one is there, or that it is gone.
 * The guard stands in the statement's WHERE, so that no reading in between can go wrong. Null where it was not written.
 */
export async function saveSubscription(
  tx: Database,
  input: { workspaceId: string; billingCustomerId: string; snapshot: SubscriptionSnapshot; fence: bigint },
): Promise<CopyWrite | null> {
  const { workspaceId, billingCustomerId: customerId, snapshot, fence } = input;
  const key = { ...scopeColumns(), externalId: snapshot.id };
  const data = columns(snapshot, fence);
  const row = { ...key, workspaceId, customerId, ...data };
  return writeCopy(
    tx,
    { externalId: snapshot.id, fence },
    {
      read: () => tx.subscription.findFirst({ where: key, select: stateSelect }),
      update: () => tx.subscription.updateMany({ where: { ...key, fence: { lt: fence } }, data }),
      create: () => tx.subscription.createMany({ data: [row], skipDuplicates: true }),
      stateOf,
      written: data,
    },
  );
}

/** A subscription that the vendor no longer knows has ended. Null where there is none, or something newer. */
export async function markSubscriptionGone(
  tx: Database,
  input: { subscriptionId: string; fence: bigint; at: Date },
): Promise<({ workspaceId: string } & CopyWrite) | null> {
  const { subscriptionId: externalId, fence, at } = input;
  await bury(tx, { externalId, fence });
  const where = { ...scopeColumns(), externalId, fence: { lt: fence } };
  const row = await tx.subscription.findFirst({ where, select: { ...stateSelect, workspaceId: true } });
  if (!row) return null;
  const data = { status: "CANCELED", endedAt: row.endedAt ?? at, fence } as const;
  const { count } = await tx.subscription.updateMany({ where, data });
  if (count === 0) return null;
  return { workspaceId: row.workspaceId, before: stateOf(row), after: stateOf({ ...row, ...data }) };
}

/** Whose our copy of a subscription is, and whether it is held to be live. */
export async function findSubscriptionOwner(
  externalId: string,
): Promise<{ workspaceId: string; customerId: string; isLive: boolean } | null> {
  const row = await db().subscription.findFirst({
    where: { ...scopeColumns(), externalId },
    select: { workspaceId: true, status: true, customer: { select: { externalId: true } } },
  });
  if (!row) return null;
  const { workspaceId, status, customer } = row;
  return { workspaceId, customerId: customer.externalId, isLive: isLive(fromDatabase(status)) };
}

const viewSelect = {
  externalId: true,
  status: true,
  planKey: true,
  interval: true,
  quantity: true,
  unitAmount: true,
  currency: true,
  currentPeriodStart: true,
  currentPeriodEnd: true,
  cancelAtPeriodEnd: true,
  cancelAt: true,
  endedAt: true,
  trialEndsAt: true,
  startedAt: true,
} as const satisfies Prisma.SubscriptionSelect;

export type SubscriptionRow = Prisma.SubscriptionGetPayload<{ select: typeof viewSelect }>;

/** A workspace's subscription as pages and use cases see it, with the vendor's id for the latter. */
export interface CurrentSubscription {
  externalId: string;
  startedAt: Date;
  view: SubscriptionView;
}

function toCurrent(row: SubscriptionRow): CurrentSubscription {
  return {
    externalId: row.externalId,
    startedAt: row.startedAt,
    view: {
      status: fromDatabase(row.status),
      planKey: isPlanKey(row.planKey) ? row.planKey : null,
      interval: row.interval && fromDatabase(row.interval),
      quantity: row.quantity,
      unitAmount: row.unitAmount,
      currency: row.currency,
      currentPeriodStart: row.currentPeriodStart?.toISOString() ?? null,
      currentPeriodEnd: row.currentPeriodEnd?.toISOString() ?? null,
      cancelAtPeriodEnd: row.cancelAtPeriodEnd,
      cancelAt: row.cancelAt?.toISOString() ?? null,
      endedAt: row.endedAt?.toISOString() ?? null,
      trialEndsAt: row.trialEndsAt?.toISOString() ?? null,
    },
  };
}

/** Every subscription of a workspace in this scope, oldest first. */
export async function listSubscriptions(tx: Database, workspaceId: string): Promise<CurrentSubscription[]> {
  const rows = await tx.subscription.findMany({
    where: { ...scopeColumns(), workspaceId },
    orderBy: [{ startedAt: "asc" }, { externalId: "asc" }],
    select: viewSelect,
  });
  return rows.map(toCurrent);
}

/** The one that counts; null when there never was one. */
export async function findCurrentSubscription(
  workspaceId: string,
  tx: Database = db(),
): Promise<CurrentSubscription | null> {
  return currentSubscription(await listSubscriptions(tx, workspaceId));
}

/** The vendor's ids of a vendor's customer's live subscriptions, as far as we know them. */
export async function listCustomerSubscriptionIds(customerId: string): Promise<string[]> {
  const rows = await db().subscription.findMany({
    where: {
      ...scopeColumns(),
      status: { notIn: ["CANCELED", "INCOMPLETE_EXPIRED"] },
      customer: { externalId: customerId },
    },
    select: { externalId: true },
  });
  return rows.map(({ externalId }) => externalId);
}
