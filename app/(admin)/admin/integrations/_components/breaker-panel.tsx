import { Fact } from "@/app/(admin)/admin/_components/fact";
import { formatAgo, formatCount, secondsUntil } from "@/app/(admin)/admin/_view/format";
import type { StatusView } from "@/lib/db/integration-health";
import type { CapabilityId } from "@/lib/use-cases/operations/list-capabilities";
import type { BreakerView } from "../_view/capability-view";
import { CAPABILITY_WORDS, EFFECT_WORDS } from "../_view/capability-words";
import { chartSeries } from "../_view/chart-series";
import { heldBackCalls, kindWords } from "../_view/outcome-words";
import type { TimeRange } from "../_view/time-range";
import { BreakerControls } from "./breaker-controls";
import { BreakerFigures } from "./breaker-figures";
import { BreakerState } from "./breaker-state";
import { LazyCharts } from "./lazy-charts";

function quotaWords(quota: NonNullable<StatusView["quota"]>, now: number): string {
  const left =
    quota.limit === null
      ? `${formatCount(quota.remaining)} left`
      : `${formatCount(quota.remaining)} of ${formatCount(quota.limit)} left`;
  const full =
    quota.resetsAt === null || quota.resetsAt.getTime() <= now
      ? ""
      : `, full again in ${secondsUntil(quota.resetsAt, now)} s`;
  return `${left}${full}, as told ${formatAgo(quota.seenAt, now)}`;
}

function LastFailure({ failure, now }: { failure: NonNullable<StatusView["lastFailure"]>; now: number }) {
  const details = [
    failure.operation,
    failure.status === null ? null : `HTTP ${failure.status}`,
    failure.requestId,
  ].filter((detail) => detail !== null);
  return (
    <>
      {kindWords(failure.kind)}, <span className="whitespace-nowrap">{formatAgo(failure.at, now)}</span>
      <span className="mt-0.5 block font-normal break-all text-muted">{details.join(" · ")}</span>
    </>
  );
}

function LastSeen({ status, now }: { status: StatusView | null; now: number }) {
  const lastSuccessAt = status?.lastSuccessAt ?? null;
  const lastFailure = status?.lastFailure ?? null;
  const quota = status?.quota ?? null;
  return (
    <dl className="grid grid-cols-1 gap-4 xs:grid-cols-2">
      <Fact label="Last success">{lastSuccessAt === null ? "None yet" : formatAgo(lastSuccessAt, now)}</Fact>
      <Fact label="Last failure">
        {lastFailure === null ? "None yet" : <LastFailure failure={lastFailure} now={now} />}
      </Fact>
      {quota === null ? null : (
        <Fact label="Quota" className="xs:col-span-2">
          {quotaWords(quota, now)}
        </Fact>
      )}
    </dl>
  );
}

interface BreakerPanelProps {
  capability: CapabilityId;
  provider: string;
  breaker: BreakerView;
  range: TimeRange;
  renderedAt: Date;
}

/** One breaker: its state and what comes next, what went through it, and an operator's hand on it. */
export function BreakerPanel({ capability, provider, breaker, range, renderedAt }: BreakerPanelProps) {
  const { effect, circuit, status, series } = breaker;
  const { name } = CAPABILITY_WORDS[capability];
  const headingId = `${capability}-${effect}`;
  const now = renderedAt.getTime();
  const chart = series === null ? null : chartSeries(series, range.stepMs);
  const isQuiet = series === null || series.totals.calls + heldBackCalls(series.totals) === 0;
  return (
    <section
      aria-labelledby={`${capability}-heading ${headingId}`}
      className="min-w-0 space-y-6 rounded-lg border p-4 sm:p-6"
    >
      <BreakerState
        title={EFFECT_WORDS[effect]}
        headingId={headingId}
        circuit={circuit}
        renderedAt={renderedAt}
      />
      {isQuiet || chart === null ? (
        <p className="text-sm text-muted">No calls in the {range.label.toLowerCase()}.</p>
      ) : (
        <>
          <BreakerFigures totals={series.totals} />
          <LazyCharts
            subject={`${name}, ${EFFECT_WORDS[effect].toLowerCase()}`}
            series={chart}
            perStep={range.perStep}
          />
        </>
      )}
      <LastSeen status={status} now={now} />
      <BreakerControls
        capability={capability}
        provider={provider}
        effect={effect}
        circuit={circuit}
        headingId={headingId}
      />
    </section>
  );
}
