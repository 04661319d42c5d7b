import type { DisputeSnapshot } from "@/lib/integrations/payments/port";
import type { Prisma } from "@/prisma/generated/client";
import type { Database } from "./client";
import { type CopyState, type CopyWrite, isoOrNull, writeCopy } from "./copy-write";
import { fromDatabase, toDatabase } from "./enum-names";
import { scopeColumns } from "./scope";

function columns(snapshot: DisputeSnapshot, fence: bigint) {
  return {
    paymentId: snapshot.paymentId,
    status: toDatabase(snapshot.status),
    amount: snapshot.amount,
    currency: snapshot.currency,
    reason: snapshot.reason,
    evidenceDueAt: snapshot.evidenceDueAt,
    occurredAt: snapshot.occurredAt,
    fence,
  };
}

const stateSelect = {
  status: true,
  amount: true,
  evidenceDueAt: true,
} as const satisfies Prisma.DisputeSelect;

function stateOf(row: Pick<ReturnType<typeof columns>, keyof typeof stateSelect>): CopyState {
  return {
    status: fromDatabase(row.status),
    amount: row.amount,
    evidenceDueAt: isoOrNull(row.evidenceDueAt),
  };
}

/** As `saveSubscription`, for a dispute. */
export async function saveDispute(
  tx: Database,
  input: { workspaceId: string; billingCustomerId: string; snapshot: DisputeSnapshot; fence: bigint },
): Promise<CopyWrite | null> {
  const { workspaceId, billingCustomerId: customerId, snapshot, fence } = input;
  const key = { ...scopeColumns(), externalId: snapshot.id };
  const data = columns(snapshot, fence);
  const row = { ...key, workspaceId, customerId, ...data };
  return writeCopy(
    tx,
    { externalId: snapshot.id, fence },
    {
      read: () => tx.dispute.findFirst({ where: key, select: stateSelect }),
      update: () => tx.dispute.updateMany({ where: { ...key, fence: { lt: fence } }, data }),
      create: () => tx.dispute.createMany({ data: [row], skipDuplicates: true }),
      stateOf,
      written: data,
    },
  );
}
