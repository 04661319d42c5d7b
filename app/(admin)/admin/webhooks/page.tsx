import type { Metadata } from "next";
import { ListTabs } from "@/app/(admin)/admin/_components/list-tabs";
import { LiveStamp } from "@/app/(admin)/admin/_components/live-stamp";
import { Pager } from "@/app/(admin)/admin/_components/pager";
import { ReplayProgress } from "@/app/(admin)/admin/_components/replay-progress";
import { formatMoment } from "@/app/(admin)/admin/_view/format";
import { addressOf } from "@/app/(admin)/admin/_view/keyset";
import type { PageWithSearch } from "@/app/search-params";
import { AutoRefresh } from "@/components/forms/auto-refresh";
import { ConfirmAction } from "@/components/forms/confirm-action";
import { ConfirmPanel } from "@/components/forms/confirm-panel";
import { SectionCard } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { requireOperator } from "@/lib/auth/guards";
import type { WebhookCounts } from "@/lib/db/webhook-console";
import { IntakePanel } from "./_components/intake-panel";
import { setConfirmation } from "./_components/replay-confirmation";
import { WebhookFilters } from "./_components/webhook-filters";
import { WebhookTable } from "./_components/webhook-table";
import { loadList } from "./_view/load-list";
import {
  filterWords,
  isFiltered,
  parametersOf,
  WEBHOOKS_PATH,
  type WebhookQuery,
} from "./_view/webhook-query";

export const metadata: Metadata = { title: "Webhooks" };

/** While a set is worked off, and else: what comes in need not be seen within the second. */
const REFRESH_BUSY_MS = 1_000;
const REFRESH_CALM_MS = 5_000;

/** What wants a person first. */
function tabsOf({ status, ...others }: WebhookQuery, { dead, quarantined, pending }: WebhookCounts) {
  const kept = parametersOf({ ...others, status: "" });
  const tab = (label: string, value: WebhookQuery["status"], count?: number) => ({
    ...{ label, count, isCurrent: status === value },
    href: addressOf(WEBHOOKS_PATH, { ...kept, status: value }),
  });
  return [
    tab("All", ""),
    tab("Given up", "dead", dead),
    tab("Quarantined", "quarantined", quarantined),
    tab("Waiting", "pending", pending),
  ];
}

/** From local tables alone: this page must answer while every vendor hangs. */
export default async function WebhooksPage({ searchParams }: PageWithSearch) {
  await requireOperator();
  const search = await searchParams;
  const renderedAt = new Date();
  const now = renderedAt.getTime();
  const { query, page, errors, workspaces, set, first, counts, known, jobs, ...intake } =
    await loadList(search);
  const parameters = parametersOf(query);
  const isBusy = jobs.some(({ finishedAt }) => finishedAt === null);
  const confirmation = set === null ? null : setConfirmation(set.filter, set.count);
  return (
    <div className="space-y-6">
      <AutoRefresh everyMs={isBusy ? REFRESH_BUSY_MS : REFRESH_CALM_MS} forMs={Number.POSITIVE_INFINITY} />
      <div className="flex flex-wrap items-end justify-between gap-4">
        <PageHeader
          title="Webhooks"
          description="Every event that a vendor sent, from its arrival to what it caused."
        />
        <LiveStamp renderedAt={renderedAt} />
      </div>
      {confirmation !== null && search.confirm === "replay" && !isBusy ? (
        <ConfirmPanel {...confirmation} keepHref={addressOf(WEBHOOKS_PATH, parameters)} />
      ) : null}
      <ReplayProgress jobs={jobs} things="events" describe={filterWords} now={now} />
      {first.length === 0 ? null : (
        <SectionCard
          id="attention"
          title="Wants a person"
          description="Nothing here goes on by itself: the newest that were given up, then those in quarantine."
        >
          <WebhookTable events={first} isFiltered={false} />
        </SectionCard>
      )}
      <SectionCard
        id="events"
        title="Events"
        description="The newest first; times are UTC."
        aside={
          confirmation === null ? undefined : (
            <ConfirmAction
              {...confirmation}
              trigger={`${confirmation.confirmLabel} these`}
              href={addressOf(WEBHOOKS_PATH, { ...parameters, confirm: "replay" })}
              afterwards="events-heading"
            />
          )
        }
      >
        <div className="space-y-6">
          <ListTabs label="Events by state" tabs={tabsOf(query, counts)} />
          <WebhookFilters query={query} errors={errors} known={known} workspaces={workspaces} />
          <WebhookTable events={page.rows} isFiltered={isFiltered(query)} />
        </div>
        {page.lookedUntil === null ? null : (
          <p className="mt-6 text-sm text-muted tabular-nums">
            What was asked for is rare: so far it was looked as far as {formatMoment(page.lookedUntil)}. Go on
            to look further.
          </p>
        )}
        <Pager
          path={WEBHOOKS_PATH}
          parameters={parameters}
          newerThan={page.newerThan}
          olderThan={page.olderThan}
        />
      </SectionCard>
      <IntakePanel counts={counts} now={now} {...intake} />
    </div>
  );
}
