import { BellOff } from "lucide-react";
import { formatAgo, formatCount } from "@/app/(admin)/admin/_view/format";
import { Badge } from "@/components/ui/badge";
import { SectionCard } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import type { AlertView } from "@/lib/db/operator-desk";

function AlertRow({ alert, now }: { alert: AlertView; now: number }) {
  const { severity, summary, toldAt, lastSeenAt, seen } = alert;
  return (
    <li className="flex flex-col gap-2 py-4 first:pt-0 last:pb-0 sm:flex-row sm:gap-4">
      <div className="sm:w-28 sm:shrink-0">
        <Badge tone={severity === "critical" ? "critical" : "warning"}>
          {severity === "critical" ? "Critical" : "Warning"}
        </Badge>
      </div>
      <div className="min-w-0 text-sm">
        <p className="break-words">{summary}</p>
        <p className="mt-1 text-muted tabular-nums">
          Told {formatAgo(toldAt, now)}
          {seen > 1 ? `, seen ${formatCount(seen)} times since, last ${formatAgo(lastSeenAt, now)}` : ""}
        </p>
      </div>
    </li>
  );
}

/** What people were told of. */
export function AlertList({ alerts, now }: { alerts: readonly AlertView[]; now: number }) {
  return (
    <SectionCard
      id="alerts"
      title="Alerts"
      description="One an hour for each cause, however many instances see it."
    >
      {alerts.length === 0 ? (
        <EmptyState icon={BellOff} title="No alerts">
          Rejected credentials, an opening breaker, lasting throttling and a used-up retry budget stand here.
        </EmptyState>
      ) : (
        <ul className="divide-y">
          {alerts.map((alert) => (
            <AlertRow key={alert.cause} alert={alert} now={now} />
          ))}
        </ul>
      )}
    </SectionCard>
  );
}
