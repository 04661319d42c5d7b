import type { PaymentSnapshot } from "@/lib/integrations/payments/port";
import type { Prisma } from "@/prisma/generated/client";
import type { Database } from "./client";
import type { CopyState, CopyWrite } from "./copy-write";
import { fromDatabase, toDatabase } from "./enum-names";
import { scopeColumns } from "./scope";
import { bury, mayWrite } from "./tombstones";

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
  if (!(await mayWrite(tx, { externalId: snapshot.id, fence }))) return null;
  const data = columns(snapshot, fence);
  const before = await tx.payment.findFirst({ where: key, select: stateSelect });
  const { count } = before
    ? await tx.payment.updateMany({ where: { ...key, fence: { lt: fence } }, data })
    : await tx.payment.createMany({
        data: [{ ...key, workspaceId, customerId, ...data }],
        skipDuplicates: true,
      });
  return count === 1 ? { before: before && stateOf(before), after: stateOf(data) } : null;
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
