import type { RefundSnapshot } from "@/lib/integrations/payments/port";
import type { Prisma } from "@/prisma/generated/client";
import type { Database } from "./client";
import { type CopyState, type CopyWrite, writeCopy } from "./copy-write";
import { fromDatabase, toDatabase } from "./enum-names";
import { scopeColumns } from "./scope";

function columns(snapshot: RefundSnapshot, fence: bigint) {
  return {
    paymentId: snapshot.paymentId,
    status: toDatabase(snapshot.status),
    amount: snapshot.amount,
    currency: snapshot.currency,
    reason: snapshot.reason,
    occurredAt: snapshot.occurredAt,
    fence,
  };
}

const stateSelect = { status: true, amount: true } as const satisfies Prisma.RefundSelect;

function stateOf(row: Pick<ReturnType<typeof columns>, keyof typeof stateSelect>): CopyState {
  return { status: fromDatabase(row.status), amount: row.amount };
}

/** As `saveSubscription`, for a refund. */
export async function saveRefund(
  tx: Database,
  input: { workspaceId: string; billingCustomerId: string; snapshot: RefundSnapshot; fence: bigint },
): Promise<CopyWrite | null> {
  const { workspaceId, billingCustomerId: customerId, snapshot, fence } = input;
  const key = { ...scopeColumns(), externalId: snapshot.id };
  const data = columns(snapshot, fence);
  const row = { ...key, workspaceId, customerId, ...data };
  return writeCopy(
    tx,
    { externalId: snapshot.id, fence },
    {
      read: () => tx.refund.findFirst({ where: key, select: stateSelect }),
      update: () => tx.refund.updateMany({ where: { ...key, fence: { lt: fence } }, data }),
      create: () => tx.refund.createMany({ data: [row], skipDuplicates: true }),
      stateOf,
      written: data,
    },
  );
}
