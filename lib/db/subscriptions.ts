import { currentSubscription } from "@/lib/billing/current-subscription";
import { isPlanKey } from "@/lib/billing/plans";
import type { SubscriptionView } from "@/lib/billing/status";
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import type { Prisma } from "@/prisma/generated/client";
import { type Database, db } from "./client";
import { fromDatabase, toDatabase } from "./enum-names";
import { scopeColumns } from "./scope";

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

/**
 * Writes what the vendor said under a fence, unless something read under a higher one is there. The guard stands in
 * the statement's WHERE, so that no reading in between can go wrong. Says whether it was written.
 */
export async function saveSubscription(
  tx: Database,
  input: { workspaceId: string; billingCustomerId: string; snapshot: SubscriptionSnapshot; fence: bigint },
): Promise<boolean> {
  const key = { ...scopeColumns(), externalId: input.snapshot.id };
  const data = columns(input.snapshot, input.fence);
  const created = await tx.subscription.createMany({
    data: [{ ...key, workspaceId: input.workspaceId, customerId: input.billingCustomerId, ...data }],
    skipDuplicates: true,
  });
  if (created.count === 1) return true;
  const updated = await tx.subscription.updateMany({ where: { ...key, fence: { lt: input.fence } }, data });
  return updated.count === 1;
}

/** A subscription that the vendor no longer knows has ended. */
export async function markSubscriptionGone(
  tx: Database,
  input: { subscriptionId: string; fence: bigint; at: Date },
): Promise<void> {
  await tx.subscription.updateMany({
    where: { ...scopeColumns(), externalId: input.subscriptionId, fence: { lt: input.fence } },
    data: { status: "CANCELED", endedAt: input.at, fence: input.fence },
  });
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
