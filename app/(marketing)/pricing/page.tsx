import type { Metadata } from "next";
import { PlanCard } from "@/components/billing/plan-card";
import { IntervalSwitch, MONTH_ONLY, YEAR_ONLY } from "@/components/ui/interval-switch";
import { LinkButton } from "@/components/ui/link-button";
import { BILLING_INTERVALS, type BillingInterval, PLANS, type Plan } from "@/lib/billing/plans";
import { ClosingCall } from "../_components/closing-call";
import { ComparisonTable } from "../_components/comparison-table";
import { Questions } from "../_components/questions";

export const dynamic = "force-static";

export const metadata: Metadata = {
  title: "Pricing",
  description: "What each plan costs, monthly or yearly, and what it includes.",
};

/** Those who are signed in are taken straight to the plan they chose. */
function signUpHref(plan: Plan, interval: BillingInterval): string {
  if (plan.prices === null) return "/sign-up";
  return `/sign-up?next=${encodeURIComponent(`/billing?plan=${plan.key}&interval=${interval}`)}`;
}

function ChooseLinks({ plan }: { plan: Plan }) {
  const label = plan.prices === null ? "Start free" : `Choose ${plan.name}`;
  return BILLING_INTERVALS.map((interval) => (
    <LinkButton
      key={interval}
      href={signUpHref(plan, interval)}
      width="full"
      variant={plan.recommended ? "primary" : "secondary"}
      className={interval === "month" ? MONTH_ONLY : YEAR_ONLY}
    >
      {label}
    </LinkButton>
  ));
}

export default function PricingPage() {
  return (
    <>
      <section className="group/interval mx-auto max-w-6xl px-4 pt-16 sm:px-6 sm:pt-24">
        <div className="text-center">
          <h1 className="text-4xl font-semibold tracking-tight sm:text-5xl">Pricing</h1>
          <p className="mx-auto mt-4 mb-8 max-w-md text-lg text-muted">
            Start free and stay as long as you like. Pay when you need more room.
          </p>
          <IntervalSwitch id="pricing-interval" selected="month" />
        </div>
        <div className="mt-12 grid gap-6 md:grid-cols-3">
          {Object.values(PLANS).map((plan) => (
            <PlanCard
              key={plan.key}
              plan={plan}
              headingLevel="h2"
              mark={plan.recommended ? "Recommended" : undefined}
              action={<ChooseLinks plan={plan} />}
            />
          ))}
        </div>
      </section>
      <section aria-labelledby="compare-heading" className="mx-auto max-w-4xl px-4 pt-16 sm:px-6 sm:pt-24">
        <h2 id="compare-heading" className="mb-8 text-2xl font-semibold sm:text-3xl">
          Side by side
        </h2>
        <ComparisonTable />
      </section>
      <section aria-labelledby="questions-heading" className="mx-auto max-w-4xl px-4 pt-16 sm:px-6 sm:pt-24">
        <h2 id="questions-heading" className="mb-8 text-2xl font-semibold sm:text-3xl">
          Questions
        </h2>
        <Questions />
      </section>
      <ClosingCall />
    </>
  );
}
