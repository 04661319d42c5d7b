import type { ReactNode } from "react";
import { twMerge } from "tailwind-merge";
import { MONTH_ONLY, YEAR_ONLY } from "@/components/ui/interval-switch";
import { formatMoney, formatPrice } from "@/lib/billing/format";
import type { Plan } from "@/lib/billing/plans";
import { PlanFeatures } from "./plan-features";

function Amount({ amount, per }: { amount: string; per: string }) {
  return (
    <p className="flex items-baseline gap-2">
      <span className="text-4xl font-semibold tracking-tight tabular-nums">{amount}</span>
      <span className="text-sm text-muted">{per}</span>
    </p>
  );
}

/** Shows the price of the interval that is chosen in the `group/interval` around it. */
function PlanPrice({ plan }: { plan: Plan }) {
  if (plan.prices === null) {
    return (
      <div>
        <Amount amount={formatMoney(0, "usd")} per="for good" />
        <p className="mt-1 text-sm text-muted">No card needed</p>
      </div>
    );
  }
  const { month, year } = plan.prices;
  return (
    <div>
      <div className={MONTH_ONLY}>
        <Amount amount={formatPrice(month)} per="a month" />
        <p className="mt-1 text-sm text-muted">Billed each month</p>
      </div>
      <div className={YEAR_ONLY}>
        <Amount amount={formatPrice(year)} per="a year" />
        <p className="mt-1 text-sm text-muted">
          {formatMoney(Math.round(year.amount / 12), year.currency)} a month, billed once a year
        </p>
      </div>
    </div>
  );
}

interface PlanCardProps {
  plan: Plan;
  /** A word above the name: "Recommended", "Your plan". */
  mark?: string;
  headingLevel: "h2" | "h3";
  action: ReactNode;
}

export function PlanCard({ plan, mark, headingLevel: Heading, action }: PlanCardProps) {
  return (
    <article
      className={twMerge(
        "flex flex-col rounded-2xl border bg-surface p-6",
        mark ? "border-accent ring-1 ring-accent" : "shadow-card",
      )}
    >
      <div className="flex min-h-7 items-center justify-between gap-2">
        <Heading className="text-lg font-semibold">{plan.name}</Heading>
        {mark ? (
          <span className="rounded-full bg-accent-soft px-2.5 py-1 text-xs font-semibold text-accent">
            {mark}
          </span>
        ) : null}
      </div>
      <p className="mt-1 mb-6 text-sm text-muted">{plan.tagline}</p>
      <PlanPrice plan={plan} />
      <div className="my-6">{action}</div>
      <div className="border-t pt-6">
        <PlanFeatures plan={plan} />
      </div>
    </article>
  );
}
