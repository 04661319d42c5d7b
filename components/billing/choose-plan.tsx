import { SectionCard } from "@/components/ui/card";
import { SubmitButton } from "@/components/ui/submit-button";
import { type BillingInterval, PLANS, type PlanKey } from "@/lib/billing/plans";
import { PlanCard } from "./plan-card";
import { StartCheckoutForm } from "./start-checkout-form";

interface ChoosePlanProps {
  interval: BillingInterval;
  /** The plan a link asked for, if any. */
  wanted: PlanKey | null;
}

/** For a workspace without a subscription: the paid plans, each one press from the payment page. */
export function ChoosePlan({ interval, wanted }: ChoosePlanProps) {
  const paid = Object.values(PLANS).filter((plan) => plan.prices !== null);
  return (
    <SectionCard
      id="plans"
      title="Choose a plan"
      description="You confirm and pay on the next page. Cancel whenever you like."
    >
      <StartCheckoutForm interval={interval}>
        <div className="grid gap-6 md:grid-cols-2">
          {paid.map((plan) => (
            <PlanCard
              key={plan.key}
              plan={plan}
              headingLevel="h3"
              mark={
                wanted === plan.key
                  ? "Your choice"
                  : wanted === null && plan.recommended
                    ? "Recommended"
                    : undefined
              }
              action={
                <SubmitButton
                  name="planKey"
                  value={plan.key}
                  width="full"
                  variant={
                    plan.key === wanted || (wanted === null && plan.recommended) ? "primary" : "secondary"
                  }
                  pendingLabel="Opening the payment page…"
                >
                  Choose {plan.name}
                </SubmitButton>
              }
            />
          ))}
        </div>
      </StartCheckoutForm>
    </SectionCard>
  );
}
