import { type BillingInterval, PLANS } from "@/lib/billing/plans";

interface IntervalSwitchProps {
  /** Distinguishes two switches of one page. */
  id: string;
  selected: BillingInterval;
}

/** What a year saves, in whole months that hold for every plan; 0 where the catalogue has no such offer. */
function freeMonths(): number {
  const savings = Object.values(PLANS).flatMap(({ prices }) =>
    prices ? [Math.floor(12 - prices.year.amount / prices.month.amount)] : [],
  );
  return Math.max(0, Math.min(...savings));
}

function options(): { interval: BillingInterval; label: string }[] {
  const saved = freeMonths();
  const offer = saved === 0 ? "" : `, ${saved} ${saved === 1 ? "month" : "months"} free`;
  return [
    { interval: "month", label: "Monthly" },
    { interval: "year", label: `Yearly${offer}` },
  ];
}

/**
 * Month or year, as two radio buttons. It needs no script: an ancestor with the class `group/interval` lets anything
 * below it follow through `MONTH_ONLY` and `YEAR_ONLY`, and inside a form it is an ordinary field called "interval".
 */
export function IntervalSwitch({ id, selected }: IntervalSwitchProps) {
  return (
    <fieldset className="inline-flex max-w-full rounded-xl border border-line bg-sunken p-1">
      <legend className="sr-only">Billing interval</legend>
      {options().map(({ interval, label }) => (
        <label
          key={interval}
          className="flex min-h-10 cursor-pointer items-center rounded-lg px-4 text-sm font-medium text-muted transition-colors has-checked:bg-surface has-checked:text-ink has-checked:shadow-card has-focus-visible:outline-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name="interval"
            value={interval}
            id={`${id}-${interval}`}
            defaultChecked={interval === selected}
            className="sr-only"
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

/** Class names for what is shown only while that interval is chosen; hidden parts leave the tab order too. */
export const MONTH_ONLY = "group-has-[input[value=year]:checked]/interval:hidden";
export const YEAR_ONLY = "group-has-[input[value=month]:checked]/interval:hidden";
