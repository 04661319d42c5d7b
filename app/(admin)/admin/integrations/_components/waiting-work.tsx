import { formatCount, formatSpan } from "@/app/(admin)/admin/_view/format";
import { Badge } from "@/components/ui/badge";
import { SectionCard } from "@/components/ui/card";
import type { Waiting } from "@/lib/db/operator-desk";

/** Work that is older than this is late: the pump looks each second. */
const LATE_AFTER_MS = 60_000;

function WaitingFact({ label, waiting, now }: { label: string; waiting: Waiting; now: number }) {
  const ageMs = waiting.oldestAt === null ? 0 : now - waiting.oldestAt.getTime();
  return (
    <div>
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="mt-2 flex flex-wrap items-center gap-3 tabular-nums">
        <Badge tone={waiting.count === 0 ? "positive" : ageMs > LATE_AFTER_MS ? "warning" : "neutral"}>
          {waiting.count === 0 ? "None" : `${formatCount(waiting.count)} waiting`}
        </Badge>
        {waiting.oldestAt === null ? null : (
          <span className="text-sm">the oldest for {formatSpan(ageMs)}</span>
        )}
      </dd>
    </div>
  );
}

/** What was taken in and not yet worked on, and what is to go out and has not yet gone. */
export function WaitingWork({ events, mails, now }: { events: Waiting; mails: Waiting; now: number }) {
  return (
    <SectionCard
      id="waiting"
      title="Waiting work"
      description="Nothing in here is lost in an outage: it is tried again until it is done."
    >
      <dl className="grid gap-6 sm:grid-cols-2 lg:grid-cols-1">
        <WaitingFact label="Webhook events" waiting={events} now={now} />
        <WaitingFact label="Mails" waiting={mails} now={now} />
      </dl>
    </SectionCard>
  );
}
