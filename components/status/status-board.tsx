import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { ToneIcon } from "@/components/ui/tone-icon";
import type { Tone } from "@/lib/billing/status";
import { CAPABILITIES, noticeFor, type ServiceLevel } from "@/lib/status/capabilities";
import { formatMoment } from "@/lib/status/format";
import { type CapabilityReport, type ServiceStatus, statusAnswer } from "@/lib/status/service-status";
import { BarLegend, HistoryBars } from "./history-bars";

const LEVELS: Record<ServiceLevel, { tone: Tone; word: string }> = {
  operational: { tone: "positive", word: "Working" },
  degraded: { tone: "warning", word: "Limited" },
  down: { tone: "critical", word: "Not available" },
};

function Headline({ tone, title, text }: { tone: Tone; title: string; text: string }) {
  const colours = {
    neutral: "text-muted",
    positive: "text-positive",
    warning: "text-warning",
    critical: "text-critical",
  };
  return (
    <Card className="flex items-start gap-4">
      <ToneIcon tone={tone} className={`size-7 shrink-0 ${colours[tone]}`} />
      <div>
        <h2 className="text-xl font-semibold">{title}</h2>
        <p className="mt-1 text-muted">{text}</p>
      </div>
    </Card>
  );
}

/** How all of it is doing, in one line; null for "nobody can tell". */
function Overall({ status }: { status: ServiceStatus | null }) {
  if (status === null) {
    return (
      <Headline
        tone="neutral"
        title="We cannot tell right now"
        text="The service does not answer as it should, so some or all of it may not work. This page looks again by itself."
      />
    );
  }
  if (statusAnswer(status).status === "operational") {
    return <Headline tone="positive" title="Everything is working" text="Nothing needs your attention." />;
  }
  const affected = status.capabilities.filter((one) => one.status !== "operational");
  const names = new Intl.ListFormat("en-US").format(affected.map(({ name }) => name));
  return (
    <Headline
      tone="warning"
      title="Not everything is working"
      text={`Affected: ${names}. Everything else works, and this page follows by itself.`}
    />
  );
}

function Capability({ id, name, status, since, history }: CapabilityReport) {
  const { tone, word } = LEVELS[status];
  const notice = noticeFor({ id, status });
  return (
    <li className="space-y-4 p-4 sm:p-6">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h3 className="font-semibold">{name}</h3>
          <p className="text-sm text-muted">{CAPABILITIES[id].about}</p>
        </div>
        <div className="flex flex-col items-start gap-1 sm:items-end">
          <Badge tone={tone}>{word}</Badge>
          {since === null ? null : (
            <p className="text-xs text-muted tabular-nums">since {formatMoment(since)}</p>
          )}
        </div>
      </div>
      {notice === null ? null : <p className="text-sm">{notice}</p>}
      {history === null ? (
        <p className="text-sm text-muted">Runs on our own servers; no history is kept of it.</p>
      ) : (
        <HistoryBars name={name} history={history} />
      )}
    </li>
  );
}

/** What can be told of the service, of all of it and of each capability. */
export function StatusBoard({ status }: { status: ServiceStatus | null }) {
  return (
    <div className="space-y-6">
      <Overall status={status} />
      {status === null ? null : (
        <>
          <ul className="divide-y divide-line rounded-xl border border-line bg-surface shadow-card">
            {status.capabilities.map((capability) => (
              <Capability key={capability.id} {...capability} />
            ))}
          </ul>
          <BarLegend />
        </>
      )}
    </div>
  );
}
