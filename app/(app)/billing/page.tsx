import type { Metadata } from "next";
import type { PageWithSearch } from "@/app/search-params";
import { BillingConfirmPanel } from "@/components/billing/billing-confirm-panel";
import { CheckoutCancelledNotice, PaymentProblem, PendingNotice } from "@/components/billing/billing-notices";
import { ChangePlan } from "@/components/billing/change-plan";
import { ChoosePlan } from "@/components/billing/choose-plan";
import { InvoiceTable } from "@/components/billing/invoice-table";
import { SubscriptionSection } from "@/components/billing/subscription-section";
import { Alert } from "@/components/ui/alert";
import { PageHeader } from "@/components/ui/page-header";
import { requireUser } from "@/lib/auth/guards";
import { isPaidPlanKey } from "@/lib/billing/plans";
import { billingState } from "@/lib/billing/status";
import { getBillingOverview } from "@/lib/db/billing";

export const metadata: Metadata = { title: "Billing" };

export default async function BillingPage({ searchParams }: PageWithSearch) {
  const viewer = await requireUser();
  const query = await searchParams;
  const { subscription, card, invoices, pending } = await getBillingOverview(viewer.workspaceId);
  const state = billingState(subscription, new Date());
  const canManage = viewer.role !== "member";
  const busy = pending !== null && pending.state !== "not_made";
  const leftCheckout = query.checkout === "cancelled" && state.canCheckout;
  return (
    <div className="space-y-6">
      <PageHeader title="Billing" description={`Plan, payment and invoices of ${viewer.workspaceName}.`} />
      {leftCheckout ? <CheckoutCancelledNotice /> : null}
      {pending === null ? null : <PendingNotice pending={pending} />}
      {subscription === null ? null : (
        <PaymentProblem subscription={subscription} state={state} canManage={canManage} />
      )}
      {canManage && !busy && subscription !== null ? (
        <BillingConfirmPanel query={query} subscription={subscription} state={state} />
      ) : null}
      {canManage ? null : (
        <Alert tone="neutral">
          <p>You can see everything here. Changes are made by an owner or admin of the workspace.</p>
        </Alert>
      )}
      {subscription === null ? null : (
        <SubscriptionSection {...{ subscription, state, card, canManage, busy }} />
      )}
      {canManage && state.canCheckout && !busy ? (
        <ChoosePlan
          interval={query.interval === "year" ? "year" : "month"}
          wanted={isPaidPlanKey(query.plan) ? query.plan : null}
        />
      ) : null}
      {canManage && state.canChangePlan && !busy && subscription !== null ? (
        <ChangePlan subscription={subscription} />
      ) : null}
      <InvoiceTable invoices={invoices} />
    </div>
  );
}
