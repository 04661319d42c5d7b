import { Badge } from "@/components/ui/badge";
import { SectionCard } from "@/components/ui/card";
import type { LatestReconciliation } from "@/lib/db/reconciliation";
import type { ScheduleReading } from "@/lib/db/schedule";
import type { WebhookCounts } from "@/lib/db/webhook-console";
import {
  pumpWords,
  reconciliationName,
  reconciliationWords,
  type ToldState,
  waitingWords,
  webhookWords,
} from "../_view/intake-words";

export interface Endpoint {
  provider: string;
  at: Date | null;
  url: string;
  isPolled: boolean;
}

interface IntakePanelProps {
  counts: WebhookCounts;
  pumpRun: ScheduleReading | null;
  endpoints: readonly Endpoint[];
  reconciliations: readonly LatestReconciliation[];
  now: number;
}

function Told({ label, state: { tone, label: word, text } }: { label: string; state: ToldState }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="mt-2 space-y-2 tabular-nums">
        <Badge tone={tone}>{word}</Badge>
        <p className="text-sm break-words">{text}</p>
      </dd>
    </div>
  );
}

/** How events come in: webhooks, the pump, and what is compared with the vendor's own lists. */
export function IntakePanel({ counts, pumpRun, endpoints, reconciliations, now }: IntakePanelProps) {
  return (
    <SectionCard
      id="intake"
      title="Intake"
      description="What webhooks do not bring, reconciliation finds: it reads the vendor's own lists, and repairs what differs through this same inbox."
    >
      <dl className="grid gap-x-6 gap-y-6 sm:grid-cols-2 lg:grid-cols-4">
        <Told label="Waiting events" state={waitingWords(counts, now)} />
        <Told label="Pump" state={pumpWords(pumpRun)} />
        {endpoints.map((endpoint) => (
          <Told
            key={endpoint.provider}
            label={`Webhooks from ${endpoint.provider}`}
            state={webhookWords(endpoint, now)}
          />
        ))}
        {reconciliations.map((latest) => (
          <Told
            key={latest.kind}
            label={`Reconciliation: ${reconciliationName(latest.kind).toLowerCase()}`}
            state={reconciliationWords(latest, now)}
          />
        ))}
      </dl>
    </SectionCard>
  );
}
