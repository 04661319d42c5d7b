import { formatCount, formatLatency, formatShare } from "@/app/(admin)/admin/_view/format";
import { Badge } from "@/components/ui/badge";
import { SectionCard } from "@/components/ui/card";
import { Table, TableCell, TableHead } from "@/components/ui/table";
import type { BreakerView, CapabilityView } from "../_view/capability-view";
import { CAPABILITY_WORDS, MODE_WORDS } from "../_view/capability-words";
import { circuitWords } from "../_view/circuit-words";
import { countByGroup } from "../_view/outcome-words";
import type { TimeRange } from "../_view/time-range";

function BreakerCell({ breaker, now }: { breaker: BreakerView | undefined; now: number }) {
  if (breaker === undefined) return <TableCell className="text-muted">–</TableCell>;
  const { label, tone } = circuitWords(breaker.circuit, now);
  return (
    <TableCell>
      <Badge tone={tone}>{label}</Badge>
    </TableCell>
  );
}

/** Calls of reads and writes together; the slower of the two 95th percentiles. */
function figures(breakers: readonly BreakerView[]) {
  const totals = breakers.flatMap(({ series }) => (series === null ? [] : [series.totals]));
  const calls = totals.reduce((sum, total) => sum + total.calls, 0);
  const failed = totals.reduce((sum, total) => sum + countByGroup(total).failed, 0);
  const slowest = totals.flatMap(({ p95Ms }) => (p95Ms === null ? [] : [p95Ms]));
  return { calls, failed, p95Ms: slowest.length === 0 ? null : Math.max(...slowest) };
}

function GlanceRow({ view: { capability, breakers }, now }: { view: CapabilityView; now: number }) {
  const { configuration } = capability;
  const { calls, failed, p95Ms } = figures(breakers);
  const about =
    configuration === null
      ? "not set up"
      : [configuration.provider, configuration.mode && MODE_WORDS[configuration.mode].toLowerCase()]
          .filter(Boolean)
          .join(", ");
  const number = "hidden text-right tabular-nums sm:table-cell";
  return (
    <tr>
      <TableCell>
        <a
          href={`#${capability.id}`}
          className="font-medium underline decoration-line-strong/50 underline-offset-4 hover:decoration-ink"
        >
          {CAPABILITY_WORDS[capability.id].name}
        </a>
        <span className="mt-0.5 block text-muted">{about}</span>
      </TableCell>
      <BreakerCell breaker={breakers.find(({ effect }) => effect === "read")} now={now} />
      <BreakerCell breaker={breakers.find(({ effect }) => effect === "write")} now={now} />
      <TableCell className={number}>{breakers.length === 0 ? "–" : formatCount(calls)}</TableCell>
      <TableCell className={number}>{breakers.length === 0 ? "–" : formatShare(failed, calls)}</TableCell>
      <TableCell className={number}>{formatLatency(p95Ms)}</TableCell>
    </tr>
  );
}

interface GlanceTableProps {
  views: readonly CapabilityView[];
  range: TimeRange;
  now: number;
}

export function GlanceTable({ views, range, now }: GlanceTableProps) {
  const number = "hidden text-right sm:table-cell";
  return (
    <SectionCard
      id="glance"
      title="At a glance"
      description={`Breakers as they are now; figures of the ${range.label.toLowerCase()}.`}
    >
      <div className="overflow-x-auto">
        <Table>
          <thead>
            <tr>
              <TableHead>Capability</TableHead>
              <TableHead>Reads</TableHead>
              <TableHead>Writes</TableHead>
              <TableHead className={number}>Calls</TableHead>
              <TableHead className={number}>Failed</TableHead>
              <TableHead className={number}>p95</TableHead>
            </tr>
          </thead>
          <tbody className="[&>tr:last-child>td]:border-b-0 [&>tr:last-child>td]:pb-0">
            {views.map((view) => (
              <GlanceRow key={view.capability.id} view={view} now={now} />
            ))}
          </tbody>
        </Table>
      </div>
    </SectionCard>
  );
}
