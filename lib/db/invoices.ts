import type { InvoiceSnapshot } from "@/lib/integrations/payments/port";
import type { Database } from "./client";
import { toDatabase } from "./enum-names";
import { scopeColumns } from "./scope";

/** As `saveSubscription`, for an invoice. */
export async function saveInvoice(
  tx: Database,
  input: { workspaceId: string; billingCustomerId: string; snapshot: InvoiceSnapshot; fence: bigint },
): Promise<boolean> {
  const { snapshot, fence } = input;
  const key = { ...scopeColumns(), externalId: snapshot.id };
  const data = {
    number: snapshot.number,
    status: toDatabase(snapshot.status),
    description: snapshot.description,
    total: snapshot.total,
    amountPaid: snapshot.amountPaid,
    amountDue: snapshot.amountDue,
    currency: snapshot.currency,
    hostedUrl: snapshot.hostedUrl,
    pdfUrl: snapshot.pdfUrl,
    issuedAt: snapshot.issuedAt,
    paidAt: snapshot.paidAt,
    fence,
  };
  const created = await tx.invoice.createMany({
    data: [{ ...key, workspaceId: input.workspaceId, customerId: input.billingCustomerId, ...data }],
    skipDuplicates: true,
  });
  if (created.count === 1) return true;
  const updated = await tx.invoice.updateMany({ where: { ...key, fence: { lt: fence } }, data });
  return updated.count === 1;
}
