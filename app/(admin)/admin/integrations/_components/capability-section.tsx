import { twMerge } from "tailwind-merge";
import { Fact } from "@/app/(admin)/admin/_components/fact";
import { formatAgo, formatCount, formatShare } from "@/app/(admin)/admin/_view/format";
import { Badge } from "@/components/ui/badge";
import { SectionCard } from "@/components/ui/card";
import type { MetricSeries } from "@/lib/db/call-metrics";
import type { CapabilityView } from "../_view/capability-view";
import { CAPABILITY_WORDS, MODE_WORDS } from "../_view/capability-words";
import { retryBudgetUse } from "../_view/retry-budget";
import type { TimeRange } from "../_view/time-range";
import { BreakerPanel } from "./breaker-panel";
import { TestForm } from "./test-form";

function ModeBadge({ view: { capability } }: { view: CapabilityView }) {
  const { configuration } = capability;
  if (configuration === null) return <Badge tone="neutral">Not set up</Badge>;
  if (configuration.mode === null) return <Badge tone="positive">Set up</Badge>;
  return (
    <Badge tone={configuration.mode === "live" ? "positive" : "neutral"}>
      {MODE_WORDS[configuration.mode]}
    </Badge>
  );
}

function RetryFact({ series, range }: { series: readonly MetricSeries[]; range: TimeRange }) {
  // Of a whole day's budget a busy minute uses next to nothing: there the share says nothing.
  const { calls, retries, refused, peakUse } = retryBudgetUse(series, range.stepMs);
  return (
    <Fact label={`Retries, ${range.label.toLowerCase()}`}>
      {retries === 0 ? "None" : `${formatCount(retries)} (${formatShare(retries, calls)} of calls)`}
      {retries + refused === 0 ? null : (
        <span className="mt-0.5 block font-normal text-muted">
          Budget: {range.span === "quarter" ? null : `${formatShare(peakUse, 1)} used at most, `}
          {refused === 0 ? "none" : formatCount(refused)} refused
        </span>
      )}
    </Fact>
  );
}

interface CapabilitySectionProps {
  view: CapabilityView;
  range: TimeRange;
  renderedAt: Date;
}

/** Who serves a capability and how that is going. */
export function CapabilitySection({ view, range, renderedAt }: CapabilitySectionProps) {
  const { capability, breakers, lastWebhookAt } = view;
  const { id, configuration } = capability;
  const { name, purpose, whenMissing, test } = CAPABILITY_WORDS[id];
  const series = breakers.flatMap((breaker) => (breaker.series === null ? [] : [breaker.series]));
  return (
    <SectionCard
      id={id}
      title={name}
      description={configuration === null ? whenMissing : purpose}
      aside={<ModeBadge view={view} />}
    >
      {configuration === null ? null : (
        <div className="space-y-6">
          <dl className="grid grid-cols-2 gap-x-4 gap-y-6 lg:grid-cols-5">
            <Fact label="Provider">{configuration.provider}</Fact>
            {configuration.keyFingerprint === null ? null : (
              <Fact label="Key fingerprint">
                <code className="font-mono">{configuration.keyFingerprint}</code>
              </Fact>
            )}
            {configuration.apiVersion === null ? null : (
              <Fact label="API version">{configuration.apiVersion}</Fact>
            )}
            {lastWebhookAt === undefined ? null : (
              <Fact label="Last webhook">
                {lastWebhookAt === null ? "None yet" : formatAgo(lastWebhookAt, renderedAt.getTime())}
              </Fact>
            )}
            {series.length === 0 ? null : <RetryFact series={series} range={range} />}
          </dl>
          {breakers.length === 0 ? null : (
            <div className={twMerge("grid items-start gap-4", breakers.length > 1 && "lg:grid-cols-2")}>
              {breakers.map((breaker) => (
                <BreakerPanel
                  key={breaker.effect}
                  capability={id}
                  provider={configuration.provider}
                  breaker={breaker}
                  range={range}
                  renderedAt={renderedAt}
                />
              ))}
            </div>
          )}
          {test === null ? null : <TestForm name={name} {...test} />}
        </div>
      )}
    </SectionCard>
  );
}
