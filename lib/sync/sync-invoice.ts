import { invoiceStuck } from "@/lib/alerts/billing-words";
import { raiseAlert } from "@/lib/alerts/raise-alert";
import { recordChange } from "@/lib/db/audit-log";
import { ensureBillingCustomer } from "@/lib/db/billing-customers";
import { db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
import { removeInvoiceDraft, saveInvoice } from "@/lib/db/invoices";
import { payments } from "@/lib/integrations/payments";
import { requireBillingOwner } from "./billing-owner";
import { invoiceMails } from "./due-mails";
import type { Finish } from "./finish";
import { inTurn } from "./in-turn";
import { prepareMails } from "./prepare-mails";

/** As `syncSubscription`, for an invoice. */
export async function syncInvoice(invoiceId: string, finish: Finish): Promise<void> {
  const fence = await nextFence();
  const snapshot = await payments().getInvoice(invoiceId);
  if (snapshot === null) {
    await db().$transaction(async (tx) => {
      const workspaceId = await removeInvoiceDraft(tx, { invoiceId, fence });
      await finish(tx, workspaceId ?? undefined);
    });
    return;
  }
  const { customerId } = snapshot;
  const owner = await requireBillingOwner({ customerId, workspaceId: snapshot.workspaceId });
  const { workspaceId } = owner;
  // Before it is noted: should this process die in between, it is raised again.
  if (snapshot.status === "draft" && snapshot.finalizationError !== null) {
    raiseAlert(invoiceStuck(payments().scope, snapshot));
  }
  const enqueueMails = await prepareMails(invoiceMails(snapshot, owner.workspaceName), owner);
  await inTurn(workspaceId, async (tx) => {
    const customer = await ensureBillingCustomer(tx, { workspaceId, customerId });
    const written = await saveInvoice(tx, { workspaceId, billingCustomerId: customer.id, snapshot, fence });
    if (written) {
      await enqueueMails(tx);
      await recordChange(tx, { workspaceId, action: "invoice.synced", ids: { invoiceId } }, written);
    }
    await finish(tx, workspaceId);
  });
}
