import Link from "next/link";
import { Moment } from "@/app/(admin)/admin/_components/moment";
import { SectionCard } from "@/components/ui/card";
import { ToneIcon } from "@/components/ui/tone-icon";
import type { Tone } from "@/lib/billing/status";
import type { TimelineStep } from "../_view/timeline";

const COLOUR: Record<Tone, string> = {
  neutral: "text-muted",
  positive: "text-positive",
  warning: "text-warning",
  critical: "text-critical",
};

function Step({ step: { at, tone, label, detail, eventId } }: { step: TimelineStep }) {
  return (
    <li className="relative flex gap-3 pb-6 last:pb-0 before:absolute before:top-6 before:bottom-0 before:left-2.5 before:w-px before:bg-line last:before:hidden">
      <ToneIcon tone={tone} className={`mt-px size-5 shrink-0 ${COLOUR[tone]}`} />
      <div className="min-w-0 text-sm [overflow-wrap:anywhere]">
        <p className="font-medium">{label}</p>
        {at === null ? null : (
          <p className="mt-0.5 text-muted">
            <Moment at={at} />
          </p>
        )}
        {detail === null ? null : <p className="mt-0.5 text-muted">{detail}</p>}
        {eventId === null ? null : (
          <p className="mt-0.5">
            <Link
              href={`/admin/webhooks/${eventId}`}
              prefetch={false}
              className="underline decoration-line-strong/50 underline-offset-4 hover:decoration-ink"
            >
              The report
            </Link>
          </p>
        )}
      </div>
    </li>
  );
}

export function Timeline({ steps }: { steps: readonly TimelineStep[] }) {
  return (
    <SectionCard id="timeline" title="What became of it" description="From first to last; times are UTC.">
      <ol>
        {steps.map((step) => (
          <Step key={step.key} step={step} />
        ))}
      </ol>
    </SectionCard>
  );
}
