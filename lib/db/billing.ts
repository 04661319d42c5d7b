import { isPlanKey, type PlanKey } from "@/lib/billing/plans";
import { billingState } from "@/lib/billing/status";
import type { BillingOverview } from "@/lib/billing/views";
import { db } from "./client";
import { fromDatabase } from "./enum-names";
import { findOperation } from "./operations";
import { scopeColumns } from "./scope";
import { findCurrentSubscription } from "./subscriptions";

const INVOICES_SHOWN = 24;
/** A write still open after this long is shown no more: it was given up, or waits for its key to be used again. */
const PENDING_SHOWN_MS = 2 * 60 * 1000;

const PENDING_KINDS = ["CHANGE_PLAN", "CANCEL", "RESUME"] as const;

async function findPending(workspaceId: string): Promise<BillingOverview["pending"]> {
  const row = await db().operation.findFirst({
    where: {
      ...scopeColumns(),
      workspaceId,
      state: "OPEN",
      kind: { in: [...PENDING_KINDS] },
      // One that failed is nobody's work any more: the next press settles it.
      errorCode: null,
      createdAt: { gt: new Date(Date.now() - PENDING_SHOWN_MS) },
    },
    orderBy: { createdAt: "desc" },
    select: { id: true, kind: true, createdAt: true },
  });
  const kind = PENDING_KINDS.find((one) => one === row?.kind);
  return row && kind
    ? { id: row.id, kind: fromDatabase(kind), createdAt: row.createdAt.toISOString() }
    : null;
}

/** Everything that the billing page shows, from local tables. */
export async function getBillingOverview(workspaceId: string): Promise<BillingOverview> {
  const scope = scopeColumns();
  const [subscription, customer, invoices, pending] = await Promise.all([
    findCurrentSubscription(workspaceId),
    db().billingCustomer.findFirst({ where: { ...scope, workspaceId } }),
    db().invoice.findMany({
      where: { ...scope, workspaceId, status: { not: "DRAFT" } },
      orderBy: [{ issuedAt: "desc" }, { externalId: "desc" }],
      take: INVOICES_SHOWN,
    }),
    findPending(workspaceId),
  ]);
  const card =
    customer?.cardBrand && customer.cardLast4 && customer.cardExpMonth && customer.cardExpYear
      ? {
          brand: customer.cardBrand,
          last4: customer.cardLast4,
          expMonth: customer.cardExpMonth,
          expYear: customer.cardExpYear,
        }
      : null;
  return {
    subscription: subscription?.view ?? null,
    card,
    invoices: invoices.map((invoice) => ({
      id: invoice.id,
      number: invoice.number,
      status: fromDatabase(invoice.status),
      description: invoice.description,
      total: invoice.total,
      currency: invoice.currency,
      issuedAt: invoice.issuedAt.toISOString(),
      href: (invoice.hostedUrl ?? invoice.pdfUrl) ? `/billing/invoices/${invoice.id}` : null,
    })),
    pending,
  };
}

/** Where an invoice can be seen at the vendor; null for one that is not this workspace's. */
export async function findInvoiceAddress(workspaceId: string, invoiceId: string): Promise<string | null> {
  if (!isUuid(invoiceId)) return null;
  const invoice = await db().invoice.findFirst({
    where: { ...scopeColumns(), id: invoiceId, workspaceId },
    select: { hostedUrl: true, pdfUrl: true },
  });
  return invoice?.hostedUrl ?? invoice?.pdfUrl ?? null;
}

function isUuid(value: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}

export interface CheckoutProgress {
  state: "waiting" | "active" | "expired" | "unknown";
  planKey: PlanKey | null;
}

/** What came of a checkout, as far as our own tables know. The operation must be the workspace's own. */
export async function getCheckoutProgress(
  workspaceId: string,
  operationId: string,
): Promise<CheckoutProgress> {
  const operation = isUuid(operationId) ? await findOperation(workspaceId, operationId) : null;
  if (operation?.kind !== "CHECKOUT") return { state: "unknown", planKey: null };
  const current = await findCurrentSubscription(workspaceId);
  const planKey = operation.input && isPlanKey(operation.input.planKey) ? operation.input.planKey : null;
  if (current && billingState(current.view, new Date()).hasPaidAccess) {
    return { state: "active", planKey: current.view.planKey };
  }
  if (operation.state === "EXPIRED" || operation.state === "FAILED") return { state: "expired", planKey };
  return { state: "waiting", planKey };
}
