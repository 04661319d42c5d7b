import type { Metadata } from "next";
import type { PageWithSearch } from "@/app/search-params";
import { CheckoutOutcome } from "@/components/billing/checkout-outcome";
import { WaitingForPayment } from "@/components/billing/waiting-for-payment";
import { requireUser } from "@/lib/auth/guards";
import { PLANS } from "@/lib/billing/plans";
import { getCheckoutProgress } from "@/lib/db/billing";

export const metadata: Metadata = { title: "Your payment" };

/**
 * Where the payment page sends people back to. It grants nothing: it only shows what the confirmed events have made of
 * this workspace's own operation, so an address typed by hand gives nobody anything.
 */
export default async function CheckoutReturnPage({ searchParams }: PageWithSearch) {
  const viewer = await requireUser();
  const { operation, waited } = await searchParams;
  const operationId = typeof operation === "string" ? operation : "";
  const { state, planKey } = await getCheckoutProgress(viewer.workspaceId, operationId);
  const planName = planKey === null ? null : PLANS[planKey].name;
  return (
    <div className="mx-auto max-w-xl py-8">
      {state === "waiting" ? (
        <WaitingForPayment
          operationId={operationId}
          rounds={Math.min(Math.max(Number(waited) || 0, 0), 99)}
        />
      ) : (
        <CheckoutOutcome outcome={state} planName={planName} email={viewer.email} />
      )}
    </div>
  );
}
