import { cancelSubscriptionAction, changePlanAction } from "@/app/(app)/billing/actions";
import { formatDate, formatPrice } from "@/lib/billing/format";
import type { BillingInterval, PaidPlanKey, Price } from "@/lib/billing/plans";
import { PLANS } from "@/lib/billing/plans";
import type { SubscriptionView } from "@/lib/billing/status";

/** "$19 a month". */
function priceInWords(price: Price, interval: BillingInterval): string {
  return `${formatPrice(price)} a ${interval}`;
}

/** The price of a paid plan; every plan key but "free" has one. */
function priceOf(planKey: PaidPlanKey, interval: BillingInterval): Price {
  const { prices } = PLANS[planKey];
  if (prices === null) throw new Error(`The plan ${planKey} has no price`);
  return prices[interval];
}

/** What cancelling means, asked before it is done. */
export function cancelConfirmation(subscription: SubscriptionView) {
  const plan = subscription.planKey === null ? "your plan" : PLANS[subscription.planKey].name;
  const until =
    subscription.currentPeriodEnd === null
      ? "the end of the period"
      : formatDate(subscription.currentPeriodEnd);
  const paidFor = subscription.status === "active" || subscription.status === "trialing";
  return {
    title: "Cancel your subscription?",
    description: (
      <>
        <p>
          {paidFor
            ? `You keep ${plan} until ${until}, which is already paid for. Nothing more is charged.`
            : `The subscription ends on ${until}. Until then the open payment can still be settled.`}
        </p>
        <p>
          After that the workspace goes to {PLANS.free.name}. Your data stays, and until then you can change
          your mind.
        </p>
      </>
    ),
    confirmLabel: "Cancel subscription",
    pendingLabel: "Cancelling…",
    keepLabel: "Keep subscription",
    danger: true,
    action: cancelSubscriptionAction,
  };
}

/** What changing the plan or its interval means, asked before it is done. */
export function changeConfirmation(
  subscription: SubscriptionView,
  planKey: PaidPlanKey,
  interval: BillingInterval,
) {
  const plan = PLANS[planKey];
  const price = priceInWords(priceOf(planKey, interval), interval);
  const current = subscription.planKey === null ? "your present plan" : PLANS[subscription.planKey].name;
  return {
    title: `Change to ${plan.name}, ${price}?`,
    description: (
      <>
        <p>The change takes effect at once.</p>
        <p>
          What you have paid for {current} and not used yet is credited. If the new price is more than that,
          the difference is charged to your card today; if it is less, the rest counts towards your next
          invoices.
        </p>
        {subscription.interval === interval ? null : (
          <p>Your billing period starts anew today, and lasts a {interval}.</p>
        )}
      </>
    ),
    confirmLabel: `Change to ${plan.name}`,
    pendingLabel: "Changing…",
    keepLabel: "Keep what I have",
    fields: { planKey, interval },
    action: changePlanAction,
  };
}
