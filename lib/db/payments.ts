import type { PaymentSnapshot } from "@/lib/integrations/payments/port";
import type { Prisma } from "@/prisma/generated/client";
import type { Database } from "./client";
import { type CopyState, type CopyWrite, writeCopy } from "./copy-write";
import { fromDatabase, toDatabase } from "./enum-names";
import { scopeColumns } from "./scope";
import { bury } from "./tombstones";

function columns(snapshot: PaymentSnapshot, fence: bigint) {
  return {
    status: toDatabase(snapshot.status),
    amount: snapshot.amount,
    currency: snapshot.currency,
    failureCode: snapshot.failureCode,
    occurredAt: snapshot.occurredAt,
    fence,
  };
}

const stateSelect = { status: true, amount: true, failureCode: true } as const satisfies Prisma.PaymentSelect;

function stateOf(row: Pick<ReturnType<typeof columns>, keyof typeof stateSelect>): CopyState {
  return { status: fromDatabase(row.status), amount: row.amount, failureCode: row.failureCode };
}

/** As `saveSubscription`, for a payment that belongs to no invoice. */
export async function savePayment(
  tx: Database,
  input: { workspaceId: string; billingCustomerId: string; snapshot: PaymentSnapshot; fence: bigint },
): Promise<CopyWrite | null> {
  const { workspaceId, billingCustomerId: customerId, snapshot, fence } = input;
  const key = { ...scopeColumns(), externalId: snapshot.id };
  const data = columns(snapshot, fence);
  const row = { ...key, workspaceId, customerId, ...data };
  return writeCopy(
    tx,
    { externalId: snapshot.id, fence },
    {
      read: () => tx.payment.findFirst({ where: key, select: stateSelect }),
      update: () => tx.payment.updateMany({ where: { ...key, fence: { lt: fence } }, data }),
      create: () => tx.payment.createMany({ data: [row], skipDuplicates: true }),
      stateOf,
      written: data,
    },
  );
}

/** A payment that turned out to belong to an invoice, which tells of it: what was read before that does not come back. */
export async function removePayment(
  tx: Database,
  input: { paymentId: string; fence: bigint },
): Promise<void> {
  const { paymentId: externalId, fence } = input;
  await bury(tx, { externalId, fence });
  await tx.payment.deleteMany({ where: { ...scopeColumns(), externalId, fence: { lt: fence } } });
}
