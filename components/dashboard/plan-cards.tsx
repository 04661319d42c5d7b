import { PlanFeatures } from "@/components/billing/plan-features";
import { periodPrice } from "@/components/billing/subscription-facts";
import { Badge } from "@/components/ui/badge";
import { SectionCard } from "@/components/ui/card";
import { LinkButton } from "@/components/ui/link-button";
import { Meter } from "@/components/ui/meter";
import { formatDate } from "@/lib/billing/format";
import { LIMIT_NAMES, type LimitKey, type Plan } from "@/lib/billing/plans";
import type { BillingState, SubscriptionView } from "@/lib/billing/status";

/** One sentence on what comes next. */
function nextLine(subscription: SubscriptionView | null, state: BillingState): string {
  if (subscription === null || state.canCheckout) return "Free for good. A paid plan gives you more room.";
  if (state.canResume && state.accessEndsAt !== null) {
    return `Ends on ${formatDate(state.accessEndsAt)}. You can resume until then.`;
  }
  if (!state.hasPaidAccess) return "Your last payment did not go through. Billing shows how to settle it.";
  if (state.accessEndsAt !== null) {
    return `Your last payment did not go through. You keep ${state.plan.name} until ${formatDate(state.accessEndsAt)}.`;
  }
  const price = periodPrice(subscription);
  const renews =
    subscription.currentPeriodEnd === null ? "" : `Renews on ${formatDate(subscription.currentPeriodEnd)}.`;
  return [price === null ? null : `${price}.`, renews].filter(Boolean).join(" ");
}

interface SubscriptionCardProps {
  subscription: SubscriptionView | null;
  state: BillingState;
}

export function SubscriptionCard({ subscription, state }: SubscriptionCardProps) {
  return (
    <SectionCard
      id="subscription"
      title="Subscription"
      aside={subscription === null ? null : <Badge tone={state.tone}>{state.label}</Badge>}
      className="flex flex-col [&>div:last-child]:flex [&>div:last-child]:flex-1 [&>div:last-child]:flex-col"
    >
      <p className="text-3xl font-semibold tracking-tight">{state.plan.name}</p>
      <p className="mt-2 mb-6 text-sm text-muted tabular-nums">{nextLine(subscription, state)}</p>
      <LinkButton
        href={state.canCheckout ? "/billing#plans" : "/billing"}
        variant={state.canCheckout ? "primary" : "secondary"}
        className="mt-auto self-start"
      >
        {state.canCheckout ? "See the plans" : "Manage billing"}
      </LinkButton>
    </SectionCard>
  );
}

export function UsageCard({ usage, plan }: { usage: Record<LimitKey, number>; plan: Plan }) {
  const keys = Object.keys(LIMIT_NAMES) as LimitKey[];
  return (
    <SectionCard id="usage" title="Usage">
      <div className="space-y-6">
        {keys.map((key) => (
          <Meter key={key} label={LIMIT_NAMES[key]} used={usage[key]} limit={plan.limits[key]} />
        ))}
      </div>
    </SectionCard>
  );
}

export function FeaturesCard({ plan }: { plan: Plan }) {
  return (
    <SectionCard id="features" title={`Included in ${plan.name}`}>
      <PlanFeatures plan={plan} />
    </SectionCard>
  );
}
