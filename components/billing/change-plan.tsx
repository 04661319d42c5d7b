import { ConfirmAction } from "@/components/forms/confirm-action";
import { SectionCard } from "@/components/ui/card";
import { IntervalSwitch, MONTH_ONLY, YEAR_ONLY } from "@/components/ui/interval-switch";
import {
  BILLING_INTERVALS,
  type BillingInterval,
  isPaidPlanKey,
  type PaidPlanKey,
  PLANS,
} from "@/lib/billing/plans";
import type { SubscriptionView } from "@/lib/billing/status";
import { changeConfirmation } from "./confirmations";
import { PlanCard } from "./plan-card";

function ChangeButton(props: {
  subscription: SubscriptionView;
  planKey: PaidPlanKey;
  interval: BillingInterval;
}) {
  const { subscription, planKey, interval } = props;
  const isCurrent = subscription.planKey === planKey && subscription.interval === interval;
  if (isCurrent) {
    return (
      <p className="flex min-h-10 items-center justify-center rounded-lg bg-sunken px-4 text-sm font-medium text-muted">
        This is what you have
      </p>
    );
  }
  const samePlan = subscription.planKey === planKey;
  return (
    <ConfirmAction
      {...changeConfirmation(subscription, planKey, interval)}
      href={`/billing?confirm=change&plan=${planKey}&interval=${interval}`}
      trigger={samePlan ? `Pay by the ${interval}` : `Change to ${PLANS[planKey].name}`}
      triggerVariant={samePlan ? "secondary" : "primary"}
      triggerWidth="full"
    />
  );
}

/** For a running subscription: the paid plans, the present one marked, each change asked about first. */
export function ChangePlan({ subscription }: { subscription: SubscriptionView }) {
  const paid = Object.keys(PLANS).filter(isPaidPlanKey);
  return (
    <SectionCard
      id="plans"
      title="Change plan"
      description="Up or down, monthly or yearly. You confirm before anything changes."
    >
      <div className="group/interval space-y-6">
        <IntervalSwitch id="change-interval" selected={subscription.interval ?? "month"} />
        <div className="grid gap-6 md:grid-cols-2">
          {paid.map((planKey) => (
            <PlanCard
              key={planKey}
              plan={PLANS[planKey]}
              headingLevel="h3"
              mark={subscription.planKey === planKey ? "Your plan" : undefined}
              action={BILLING_INTERVALS.map((interval) => (
                <div key={interval} className={interval === "month" ? MONTH_ONLY : YEAR_ONLY}>
                  <ChangeButton subscription={subscription} planKey={planKey} interval={interval} />
                </div>
              ))}
            />
          ))}
        </div>
      </div>
    </SectionCard>
  );
}
