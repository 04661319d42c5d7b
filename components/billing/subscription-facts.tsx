import type { ReactNode } from "react";
import { formatDate, formatMoney } from "@/lib/billing/format";
import { PLANS } from "@/lib/billing/plans";
import type { BillingState, SubscriptionView } from "@/lib/billing/status";
import type { CardView } from "@/lib/billing/views";

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="mt-1 font-medium tabular-nums">{children}</dd>
    </div>
  );
}

/** "$19 a month"; null where the price is not known. */
export function periodPrice(subscription: SubscriptionView): string | null {
  if (subscription.unitAmount === null) return null;
  const amount = formatMoney(subscription.unitAmount * subscription.quantity, subscription.currency);
  return subscription.interval === null ? amount : `${amount} a ${subscription.interval}`;
}

/** What comes next, or has come: a charge, an end, or nothing. */
function NextFact({ subscription, state }: { subscription: SubscriptionView; state: BillingState }) {
  if (subscription.endedAt !== null) return <Fact label="Ended on">{formatDate(subscription.endedAt)}</Fact>;
  if (state.accessEndsAt !== null) {
    return <Fact label={state.canResume ? "Ends on" : "Access until"}>{formatDate(state.accessEndsAt)}</Fact>;
  }
  if (!state.hasPaidAccess || subscription.currentPeriodEnd === null || subscription.unitAmount === null)
    return null;
  const amount = formatMoney(subscription.unitAmount * subscription.quantity, subscription.currency);
  return (
    <Fact label="Next charge">
      {amount} on {formatDate(subscription.currentPeriodEnd)}
    </Fact>
  );
}

function brandName(brand: string): string {
  return brand.charAt(0).toUpperCase() + brand.slice(1);
}

interface SubscriptionFactsProps {
  subscription: SubscriptionView;
  state: BillingState;
  card: CardView | null;
}

export function SubscriptionFacts({ subscription, state, card }: SubscriptionFactsProps) {
  const price = subscription.endedAt === null ? periodPrice(subscription) : null;
  return (
    <dl className="grid grid-cols-2 gap-6 lg:grid-cols-4">
      <Fact label="Plan">{subscription.planKey === null ? "Custom" : PLANS[subscription.planKey].name}</Fact>
      {price === null ? null : <Fact label="Price">{price}</Fact>}
      <NextFact subscription={subscription} state={state} />
      <Fact label="Card">
        {card === null ? (
          "None on file"
        ) : (
          <>
            {brandName(card.brand)} ending in {card.last4}
            <span className="block text-sm font-normal text-muted">
              Expires {String(card.expMonth).padStart(2, "0")}/{card.expYear}
            </span>
          </>
        )}
      </Fact>
    </dl>
  );
}
