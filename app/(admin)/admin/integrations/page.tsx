import type { Metadata } from "next";
import { LiveStamp } from "@/app/(admin)/admin/_components/live-stamp";
import type { PageWithSearch } from "@/app/search-params";
import { AutoRefresh } from "@/components/forms/auto-refresh";
import { ConfirmPanel } from "@/components/forms/confirm-panel";
import { PageHeader } from "@/components/ui/page-header";
import { requireOperator } from "@/lib/auth/guards";
import { recentMetricSeries } from "@/lib/db/call-metrics";
import { listCircuits, listStatuses, listTransitions } from "@/lib/db/integration-health";
import { getOperatorDesk } from "@/lib/db/operator-desk";
import { listCapabilities } from "@/lib/use-cases/operations/list-capabilities";
import { loadChaosPanel } from "./_chaos/load-chaos-panel";
import { AlertList } from "./_components/alert-list";
import { CapabilitySection } from "./_components/capability-section";
import { CircuitAnnouncement } from "./_components/circuit-announcement";
import { GlanceTable } from "./_components/glance-table";
import { HistoryTable } from "./_components/history-table";
import { askedOverride } from "./_components/override-confirmation";
import { RangeSwitch } from "./_components/range-switch";
import { WaitingWork } from "./_components/waiting-work";
import { calledProviders, capabilityViews, webhookProviders } from "./_view/capability-view";
import { timeRange } from "./_view/time-range";

export const metadata: Metadata = { title: "Integrations" };

/** What happens stands here within two seconds, on a slow answer too. */
const REFRESH_EVERY_MS = 1_000;

const STEPS_SHOWN = 20;

/** From local tables alone, all at once: this page must answer while every vendor hangs. */
export default async function IntegrationsPage({ searchParams }: PageWithSearch) {
  await requireOperator();
  const query = await searchParams;
  const range = timeRange(query.range);
  const capabilities = listCapabilities();
  const providers = calledProviders(capabilities);
  const renderedAt = new Date();
  const [circuits, transitions, statuses, series, desk, chaos] = await Promise.all([
    listCircuits(providers),
    listTransitions(providers, { limit: STEPS_SHOWN }),
    listStatuses(providers),
    recentMetricSeries(providers, range.span),
    getOperatorDesk(webhookProviders(capabilities)),
    loadChaosPanel(capabilities),
  ]);
  const views = capabilityViews(capabilities, { circuits, statuses, series, webhooks: desk.lastWebhooks });
  const asked = askedOverride(query, views);
  const now = renderedAt.getTime();
  return (
    <div className="space-y-6">
      <AutoRefresh everyMs={REFRESH_EVERY_MS} forMs={Number.POSITIVE_INFINITY} />
      <div className="flex flex-wrap items-end justify-between gap-4">
        <PageHeader title="Integrations" description="Who the app calls, and how that is going." />
        <LiveStamp renderedAt={renderedAt} />
      </div>
      <CircuitAnnouncement views={views} />
      {asked === null ? null : <ConfirmPanel {...asked} keepHref="/admin/integrations" />}
      <RangeSwitch selected={range} />
      <GlanceTable views={views} range={range} now={now} />
      {chaos}
      <div className="grid gap-6 lg:grid-cols-3">
        <WaitingWork events={desk.events} mails={desk.mails} now={now} />
        <div className="lg:col-span-2 lg:*:h-full">
          <AlertList alerts={desk.alerts} now={now} />
        </div>
      </div>
      {views.map((view) => (
        <CapabilitySection key={view.capability.id} view={view} range={range} renderedAt={renderedAt} />
      ))}
      <HistoryTable transitions={transitions} />
    </div>
  );
}
