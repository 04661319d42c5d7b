import { recordChange } from "@/lib/db/audit-log";
import { ensureBillingCustomer, findBillingOwner } from "@/lib/db/billing-customers";
import { type Database, db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
import { removePayment, savePayment } from "@/lib/db/payments";
import { payments } from "@/lib/integrations/payments";
import type { PaymentSnapshot } from "@/lib/integrations/payments/port";
import { requireBillingOwner } from "./billing-owner";
import type { Finish } from "./finish";
import { inTurn } from "./in-turn";
import { recordGone } from "./record-gone";

/**
 * As `syncSubscription`, for a payment. One that belongs to an invoice is told of by that; one by somebody whom the
 * vendor keeps no customer of is nobody's of ours.
 */
export async function syncPayment(paymentId: string, finish: Finish): Promise<void> {
  const fence = await nextFence();
  const snapshot = await payments().getPayment(paymentId);
  if (snapshot === null) return recordGone({ externalId: paymentId, fence, finish });
  const { customerId, invoiceId } = snapshot;
  if (invoiceId !== null) {
    const owner = await findBillingOwner({ customerId, invoiceId });
    await db().$transaction(async (tx) => {
      await removePayment(tx, { paymentId, fence });
      await finish(tx, owner?.workspaceId);
    });
    return;
  }
  if (customerId === null) return db().$transaction((tx) => finish(tx));
  const { workspaceId } = await requireBillingOwner({ customerId, workspaceId: snapshot.workspaceId });
  await inTurn(workspaceId, async (tx) => {
    await writePayment(tx, { workspaceId, customerId, snapshot, fence });
    await finish(tx, workspaceId);
  });
}

async function writePayment(
  tx: Database,
  input: { workspaceId: string; customerId: string; snapshot: PaymentSnapshot; fence: bigint },
): Promise<void> {
  const { workspaceId, customerId, snapshot, fence } = input;
  const customer = await ensureBillingCustomer(tx, { workspaceId, customerId });
  const written = await savePayment(tx, { workspaceId, billingCustomerId: customer.id, snapshot, fence });
  const ids = { paymentId: snapshot.id };
  if (written) await recordChange(tx, { workspaceId, action: "payment.synced", ids }, written);
}
