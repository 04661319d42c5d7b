import { Check } from "lucide-react";
import type { Plan } from "@/lib/billing/plans";
import { planLines } from "./plan-lines";

export function PlanFeatures({ plan }: { plan: Plan }) {
  return (
    <ul className="space-y-3 text-sm">
      {planLines(plan).map((line) => (
        <li key={line} className="flex gap-3">
          <Check aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-accent" />
          {line}
        </li>
      ))}
    </ul>
  );
}
