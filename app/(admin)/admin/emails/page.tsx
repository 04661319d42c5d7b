import { randomUUID } from "node:crypto";
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { LiveStamp } from "@/app/(admin)/admin/_components/live-stamp";
import { Pager } from "@/app/(admin)/admin/_components/pager";
import { ReplayProgress } from "@/app/(admin)/admin/_components/replay-progress";
import { addressOf, boundedCount, listPart } from "@/app/(admin)/admin/_view/keyset";
import type { PageWithSearch } from "@/app/search-params";
import { AutoRefresh } from "@/components/forms/auto-refresh";
import { ConfirmPanel } from "@/components/forms/confirm-panel";
import { Alert } from "@/components/ui/alert";
import { SectionCard } from "@/components/ui/card";
import { LinkButton } from "@/components/ui/link-button";
import { PageHeader } from "@/components/ui/page-header";
import { requireOperator } from "@/lib/auth/guards";
import { countMails, listCategories, listMails, type MailCounts, type MailPage } from "@/lib/db/mail-console";
import { recentReplayJobs } from "@/lib/db/replay-jobs";
import { listCapabilities } from "@/lib/use-cases/operations/list-capabilities";
import { emptyWords, ListNotes } from "./_components/list-notes";
import { MailFilterForm } from "./_components/mail-filter-form";
import { MailTable } from "./_components/mail-table";
import { MailTabs } from "./_components/mail-tabs";
import { ReplaySet, replaySetConfirmation } from "./_components/replay-set";
import { askedMails } from "./_view/asked-mails";
import { filterWords, type MailQuestion } from "./_view/mail-filter";

export const metadata: Metadata = { title: "E-mails" };

const PATH = "/admin/emails";
const PAGE_SIZE = 50;
/** While a set is replayed, and else: what goes out need not be seen within the second. */
const REFRESH_BUSY_MS = 1_000;
const REFRESH_CALM_MS = 5_000;

const NO_MAILS: MailPage = {
  rows: [],
  newerThan: null,
  olderThan: null,
  lookedTo: null,
  moreRecipients: false,
};

function mailProviders(): string[] {
  return listCapabilities().flatMap(({ id, configuration }) =>
    (id === "email" || id === "email-fallback") && configuration !== null ? [configuration.provider] : [],
  );
}

/** From local tables alone, and at any size of theirs. */
export default async function EmailsPage({ searchParams }: PageWithSearch) {
  await requireOperator();
  const query = await searchParams;
  const { question, filter } = await askedMails(query);
  const part = listPart(query);
  const renderedAt = new Date();
  const [page, counts, categories, jobs] = await Promise.all([
    filter === null ? NO_MAILS : listMails(filter, part, PAGE_SIZE),
    countMails(),
    listCategories(),
    recentReplayJobs("OUTBOX"),
  ]);
  const now = renderedAt.getTime();
  const isBusy = jobs.some(({ finishedAt }) => finishedAt === null);
  const isReplayable = filter?.status === "dead" && page.rows.length > 0 && !isBusy;
  const requestKey = randomUUID();
  return (
    <div className="space-y-6">
      {part.kind === "newest" || isBusy ? (
        <AutoRefresh everyMs={isBusy ? REFRESH_BUSY_MS : REFRESH_CALM_MS} forMs={Number.POSITIVE_INFINITY} />
      ) : null}
      <div className="flex flex-wrap items-end justify-between gap-4">
        <PageHeader title="E-mails" description="What the app sends, and what became of it." />
        <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
          <LiveStamp renderedAt={renderedAt} />
          <LinkButton href={`${PATH}/suppressions`} variant="secondary">
            Suppressed addresses
          </LinkButton>
        </div>
      </div>
      {query.confirm === "replay" && isReplayable ? (
        <ConfirmPanel
          {...replaySetConfirmation(question, requestKey)}
          keepHref={addressOf(PATH, question.fields)}
        />
      ) : null}
      <GivenUp counts={counts} question={question} />
      <ReplayProgress jobs={jobs} things="messages" describe={filterWords} now={now} />
      <SectionCard
        id="messages"
        title={question.part === "mails" ? "Mails" : "Commands"}
        description="The newest first; times are UTC."
        aside={isReplayable ? <ReplaySet question={question} requestKey={requestKey} /> : undefined}
      >
        <div className="space-y-6">
          <MailTabs counts={counts} question={question} />
          <Filter question={question}>
            <MailFilterForm question={question} categories={categories} providers={mailProviders()} />
          </Filter>
          <MailTable
            messages={page.rows}
            now={now}
            empty={emptyWords({ question, isWrong: filter === null })}
          />
        </div>
        <ListNotes page={page} question={question} />
        <Pager
          path={PATH}
          parameters={question.fields}
          newerThan={page.newerThan}
          olderThan={page.olderThan}
        />
      </SectionCard>
    </div>
  );
}

/** Out of the way until something is asked: on a narrow screen the form is longer than the list. */
function Filter({ question, children }: { question: MailQuestion; children: ReactNode }) {
  const { status, ...others } = question.fields;
  // What a tab asks needs no form to say so.
  const isOpen =
    question.isFiltered && Object.entries(others).some(([name, value]) => name !== "kind" && value);
  return (
    <details open={isOpen} className="rounded-lg border border-line">
      <summary className="rounded-lg px-4 py-3 text-sm font-medium">Search and filter</summary>
      <div className="border-t border-line p-4">{children}</div>
    </details>
  );
}

/** What nobody will try again by itself, said to whoever looks at everything. */
function GivenUp({ counts, question }: { counts: MailCounts; question: MailQuestion }) {
  if (counts.dead === 0 || question.part === "commands" || question.isFiltered) return null;
  const subject = counts.dead === 1 ? "1 mail was" : `${boundedCount(counts.dead)} mails were`;
  return (
    <Alert tone="critical" title={`${subject} given up`}>
      <p>
        Nobody tries again by itself.{" "}
        <a href={`${PATH}?status=dead`} className="font-medium underline underline-offset-4">
          See why, and replay what can be
        </a>
      </p>
    </Alert>
  );
}
