import type { ReactNode } from "react";
import { formatCount, formatLatency, formatShare } from "@/app/(admin)/admin/_view/format";
import type { MetricTotals } from "@/lib/db/call-metrics";
import { countByGroup, failuresByFrequency, kindWords } from "../_view/outcome-words";

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="mt-1 text-lg font-semibold whitespace-nowrap tabular-nums">{children}</dd>
    </div>
  );
}

/** How many calls, how they went, and how long they took. */
export function BreakerFigures({ totals }: { totals: MetricTotals }) {
  const { failed, heldBack } = countByGroup(totals);
  const classes = failuresByFrequency(totals);
  return (
    <>
      <dl className="grid grid-cols-3 gap-x-4 gap-y-6">
        <Figure label="Calls">{formatCount(totals.calls)}</Figure>
        <Figure label="Failed">
          {formatCount(failed)}
          {failed === 0 ? null : (
            <span className="ml-2 text-sm font-normal text-muted">{formatShare(failed, totals.calls)}</span>
          )}
        </Figure>
        <Figure label="Held back">{formatCount(heldBack)}</Figure>
        <Figure label="p50">{formatLatency(totals.p50Ms)}</Figure>
        <Figure label="p95">{formatLatency(totals.p95Ms)}</Figure>
        <Figure label="p99">{formatLatency(totals.p99Ms)}</Figure>
      </dl>
      {classes.length === 0 ? null : (
        <p className="text-sm text-muted tabular-nums">
          Not answered as asked:{" "}
          {classes
            .map(([kind, count]) => `${kindWords(kind).toLowerCase()} ${formatCount(count)}`)
            .join(", ")}
          .
        </p>
      )}
    </>
  );
}
