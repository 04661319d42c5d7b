import { disputeOpened, needsResponse } from "@/lib/alerts/billing-words";
import { raiseAlert } from "@/lib/alerts/raise-alert";
import { recordChange } from "@/lib/db/audit-log";
import { ensureBillingCustomer } from "@/lib/db/billing-customers";
import { db } from "@/lib/db/client";
import { saveDispute } from "@/lib/db/disputes";
import { nextFence } from "@/lib/db/fence";
import { payments } from "@/lib/integrations/payments";
import { requireBillingOwner } from "./billing-owner";
import type { Finish } from "./finish";
import { inTurn } from "./in-turn";
import { recordGone } from "./record-gone";

/**
 * As `syncSubscription`, for a payment that its payer's bank takes back. Access is not touched: what to do about the
 * customer is for people to decide, who are told while an answer is due.
 */
export async function syncDispute(disputeId: string, finish: Finish): Promise<void> {
  const fence = await nextFence();
  const snapshot = await payments().getDispute(disputeId);
  if (snapshot === null) return recordGone({ externalId: disputeId, fence, finish });
  const { customerId, invoiceId, paymentId } = snapshot;
  // By somebody whom the vendor keeps no customer of: nobody of ours.
  if (customerId === null) return db().$transaction((tx) => finish(tx));
  const { workspaceId } = await requireBillingOwner({ customerId, invoiceId, paymentId });
  // Before it is noted: should this process die in between, it is raised again.
  if (needsResponse(snapshot)) raiseAlert(disputeOpened(payments().scope, snapshot));
  await inTurn(workspaceId, async (tx) => {
    const customer = await ensureBillingCustomer(tx, { workspaceId, customerId });
    const written = await saveDispute(tx, { workspaceId, billingCustomerId: customer.id, snapshot, fence });
    const ids = { disputeId, paymentId };
    if (written) await recordChange(tx, { workspaceId, action: "dispute.synced", ids }, written);
    await finish(tx, workspaceId);
  });
}
