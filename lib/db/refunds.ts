import type { RefundSnapshot } from "@/lib/integrations/payments/port";
import type { Prisma } from "@/prisma/generated/client";
import type { Database } from "./client";
import type { CopyState, CopyWrite } from "./copy-write";
import { fromDatabase, toDatabase } from "./enum-names";
import { scopeColumns } from "./scope";
import { mayWrite } from "./tombstones";

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
  if (!(await mayWrite(tx, { externalId: snapshot.id, fence }))) return null;
  const data = columns(snapshot, fence);
  const before = await tx.refund.findFirst({ where: key, select: stateSelect });
  const { count } = before
    ? await tx.refund.updateMany({ where: { ...key, fence: { lt: fence } }, data })
    : await tx.refund.createMany({
        data: [{ ...key, workspaceId, customerId, ...data }],
        skipDuplicates: true,
      });
  return count === 1 ? { before: before && stateOf(before), after: stateOf(data) } : null;
}
