import type { InvoiceSnapshot } from "@/lib/integrations/payments/port";
import type { Prisma } from "@/prisma/generated/client";
import { type Database, db } from "./client";
import { type CopyState, type CopyWrite, isoOrNull, writeCopy } from "./copy-write";
import { fromDatabase, toDatabase } from "./enum-names";
import { scopeColumns } from "./scope";
import { bury } from "./tombstones";

function columns(snapshot: InvoiceSnapshot, fence: bigint) {
  return {
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
}

const stateSelect = {
  status: true,
  total: true,
  amountPaid: true,
  amountDue: true,
  paidAt: true,
} as const satisfies Prisma.InvoiceSelect;

function stateOf(row: Pick<ReturnType<typeof columns>, keyof typeof stateSelect>): CopyState {
  const { status, total, amountPaid, amountDue, paidAt } = row;
  return { status: fromDatabase(status), ...{ total, amountPaid, amountDue }, paidAt: isoOrNull(paidAt) };
}

/** As `saveSubscription`, for an invoice. */
export async function saveInvoice(
  tx: Database,
  input: { workspaceId: string; billingCustomerId: string; snapshot: InvoiceSnapshot; fence: bigint },
): Promise<CopyWrite | null> {
  const { workspaceId, billingCustomerId: customerId, snapshot, fence } = input;
  const key = { ...scopeColumns(), externalId: snapshot.id };
  const data = columns(snapshot, fence);
  const row = { ...key, workspaceId, customerId, ...data };
  return writeCopy(
    tx,
    { externalId: snapshot.id, fence },
    {
      read: () => tx.invoice.findFirst({ where: key, select: stateSelect }),
      update: () => tx.invoice.updateMany({ where: { ...key, fence: { lt: fence } }, data }),
      create: () => tx.invoice.createMany({ data: [row], skipDuplicates: true }),
      stateOf,
      written: data,
    },
  );
}

/**
 * An invoice that the vendor no longer knows: only drafts can be deleted there, and a draft was never anything to
 * anybody. Whatever else is here stays. Answers whose it was.
 */
export async function removeInvoiceDraft(
  tx: Database,
  input: { invoiceId: string; fence: bigint },
): Promise<string | null> {
  const { invoiceId: externalId, fence } = input;
  await bury(tx, { externalId, fence });
  const where = { ...scopeColumns(), externalId };
  const row = await tx.invoice.findFirst({ where, select: { workspaceId: true } });
  await tx.invoice.deleteMany({ where: { ...where, status: "DRAFT", fence: { lt: fence } } });
  return row?.workspaceId ?? null;
}

/** The number that a customer knows an invoice by. */
export async function findInvoiceNumber(externalId: string): Promise<string | null> {
  const row = await db().invoice.findFirst({
    where: { ...scopeColumns(), externalId },
    select: { number: true },
  });
  return row?.number ?? null;
}
