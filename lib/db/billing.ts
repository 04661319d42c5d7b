import { isPlanKey, type PlanKey } from "@/lib/billing/plans";
import { billingState } from "@/lib/billing/status";
import type { BillingOverview, PendingOperationView } from "@/lib/billing/views";
import { isUuid } from "@/lib/uuid";
import { db } from "./client";
import { fromDatabase } from "./enum-names";
import {
  findLastSubscriptionWrite,
  findOperation,
  isUnderWay,
  NOT_MADE,
  type Operation,
  SUBSCRIPTION_WRITES,
} from "./operations";
import { scopeColumns } from "./scope";
import { findCurrentSubscription } from "./subscriptions";

const INVOICES_SHOWN = 24;
/** As long as the inbox goes on asking what became of a write; then a person has been told of it. */
const CHECKING_SHOWN_MS = 3 * 24 * 60 * 60 * 1000;
/** Long enough to be seen by whoever asked for what was not made. */
const NOT_MADE_SHOWN_MS = 10 * 60 * 1000;

async function findPending(workspaceId: string): Promise<BillingOverview["pending"]> {
  const last = await findLastSubscriptionWrite(workspaceId);
  const state = last && pendingState(last.operation, last.updatedAt);
  const kind = SUBSCRIPTION_WRITES.find((one) => one === last?.operation.kind);
  return state && kind ? { id: last.operation.id, kind: fromDatabase(kind), state } : null;
}

function pendingState(operation: Operation, updatedAt: Date): PendingOperationView["state"] | null {
  const isWithin = (moment: Date, milliseconds: number) => Date.now() - moment.getTime() < milliseconds;
  if (operation.state === "OPEN") {
    if (isUnderWay(operation)) return "under_way";
    return isWithin(operation.createdAt, CHECKING_SHOWN_MS) ? "checking" : null;
  }
  const isNotMade = operation.state === "EXPIRED" && operation.errorCode === NOT_MADE;
  return isNotMade && isWithin(updatedAt, NOT_MADE_SHOWN_MS) ? "not_made" : null;
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
