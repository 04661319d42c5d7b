import { refundFailed } from "@/lib/alerts/billing-words";
import { raiseAlert } from "@/lib/alerts/raise-alert";
import { recordChange } from "@/lib/db/audit-log";
import { ensureBillingCustomer } from "@/lib/db/billing-customers";
import { db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
import { findInvoiceNumber } from "@/lib/db/invoices";
import { saveRefund } from "@/lib/db/refunds";
import { payments } from "@/lib/integrations/payments";
import { requireBillingOwner } from "./billing-owner";
import { refundMails } from "./due-mails";
import type { Finish } from "./finish";
import { inTurn } from "./in-turn";
import { prepareMails } from "./prepare-mails";
import { recordGone } from "./record-gone";

/** As `syncSubscription`, for money that was given back. */
export async function syncRefund(refundId: string, finish: Finish): Promise<void> {
  const fence = await nextFence();
  const snapshot = await payments().getRefund(refundId);
  if (snapshot === null) return recordGone({ externalId: refundId, fence, finish });
  const { customerId, invoiceId, paymentId } = snapshot;
  // By somebody whom the vendor keeps no customer of: nobody of ours.
  if (customerId === null) return db().$transaction((tx) => finish(tx));
  const owner = await requireBillingOwner({ customerId, invoiceId, paymentId });
  const { workspaceId, workspaceName } = owner;
  // Before it is noted: should this process die in between, it is raised again.
  if (snapshot.status === "failed") raiseAlert(refundFailed(payments().scope, snapshot));
  const number = invoiceId && (await findInvoiceNumber(invoiceId));
  const enqueueMails = await prepareMails(refundMails(snapshot, workspaceName, number), owner);
  await inTurn(workspaceId, async (tx) => {
    const customer = await ensureBillingCustomer(tx, { workspaceId, customerId });
    const written = await saveRefund(tx, { workspaceId, billingCustomerId: customer.id, snapshot, fence });
    if (written) {
      await enqueueMails(tx);
      await recordChange(tx, { workspaceId, action: "refund.synced", ids: { refundId, paymentId } }, written);
    }
    await finish(tx, workspaceId);
  });
}

/** The same for everything that was given back of a charge. */
export async function syncRefundsOf(chargeId: string, finish: Finish): Promise<void> {
  let workspaceId: string | undefined;
  for (const refundId of await payments().listRefundIds(chargeId)) {
    await syncRefund(refundId, async (_tx, owner) => {
      workspaceId = owner;
    });
  }
  await db().$transaction((tx) => finish(tx, workspaceId));
}
