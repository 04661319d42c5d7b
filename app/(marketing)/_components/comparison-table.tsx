import { Check, Minus } from "lucide-react";
import { Table, TableCell, TableHead } from "@/components/ui/table";
import { FEATURE_NAMES, FEATURES, LIMIT_NAMES, type LimitKey, PLANS, type Plan } from "@/lib/billing/plans";

const LIMIT_KEYS = Object.keys(LIMIT_NAMES) as LimitKey[];
// What is counted is already compared by its number.
const SWITCHED = FEATURES.filter((feature) => !(LIMIT_KEYS as string[]).includes(feature));

function Included({ included }: { included: boolean }) {
  const Icon = included ? Check : Minus;
  return (
    <>
      <Icon
        aria-hidden="true"
        className={included ? "mx-auto size-5 text-accent" : "mx-auto size-5 text-muted"}
      />
      <span className="sr-only">{included ? "Included" : "Not included"}</span>
    </>
  );
}

function Row({ label, cell }: { label: string; cell: (plan: Plan) => React.ReactNode }) {
  return (
    <tr>
      <th scope="row" className="border-b py-4 pr-4 font-medium">
        {label}
      </th>
      {Object.values(PLANS).map((plan) => (
        <TableCell key={plan.key} className="px-2 py-4 text-center tabular-nums">
          {cell(plan)}
        </TableCell>
      ))}
    </tr>
  );
}

/** Every limit and feature, plan by plan. */
export function ComparisonTable() {
  return (
    <Table className="table-fixed">
      <caption className="sr-only">What each plan includes</caption>
      <colgroup>
        <col className="w-2/5" />
      </colgroup>
      <thead>
        <tr>
          <TableHead>Included</TableHead>
          {Object.values(PLANS).map((plan) => (
            <TableHead key={plan.key} className="px-2 text-center text-base font-semibold text-ink">
              {plan.name}
            </TableHead>
          ))}
        </tr>
      </thead>
      <tbody>
        {LIMIT_KEYS.map((key) => (
          <Row key={key} label={LIMIT_NAMES[key]} cell={(plan) => plan.limits[key] ?? "Unlimited"} />
        ))}
        {SWITCHED.map((feature) => (
          <Row
            key={feature}
            label={FEATURE_NAMES[feature]}
            cell={(plan) => <Included included={plan.features.includes(feature)} />}
          />
        ))}
      </tbody>
    </Table>
  );
}
