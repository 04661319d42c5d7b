import { ensureBillingCustomer } from "@/lib/db/billing-customers";
import { db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
import { saveInvoice } from "@/lib/db/invoices";
import { payments } from "@/lib/integrations/payments";
import { requireBillingOwner } from "./billing-owner";
import { invoiceMails } from "./due-mails";
import { prepareMails } from "./prepare-mails";
import type { Finish } from "./sync-subscription";

/** As `syncSubscription`, for an invoice. An invoice that the vendor no longer knows (a deleted draft) is left alone. */
export async function syncInvoice(invoiceId: string, finish: Finish): Promise<void> {
  const fence = await nextFence();
  const snapshot = await payments().getInvoice(invoiceId);
  if (snapshot === null) {
    await db().$transaction((tx) => finish(tx));
    return;
  }
  const owner = await requireBillingOwner(snapshot);
  const { workspaceId } = owner;
  const enqueueMails = await prepareMails(invoiceMails(snapshot, owner.workspaceName), owner.ownerEmails);
  await db().$transaction(async (tx) => {
    const customer = await ensureBillingCustomer(tx, { workspaceId, customerId: snapshot.customerId });
    const written = await saveInvoice(tx, { workspaceId, billingCustomerId: customer.id, snapshot, fence });
    if (written) await enqueueMails(tx);
    await finish(tx);
  });
}
