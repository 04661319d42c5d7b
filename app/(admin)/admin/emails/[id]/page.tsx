import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { FailedAttempts } from "@/app/(admin)/admin/_components/failed-attempts";
import { StatusTag } from "@/app/(admin)/admin/_components/status-tag";
import type { PageWithSearch } from "@/app/search-params";
import { AutoRefresh } from "@/components/forms/auto-refresh";
import { ConfirmPanel } from "@/components/forms/confirm-panel";
import { SectionCard } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { requireOperator } from "@/lib/auth/guards";
import { getMailLife, type MailLife } from "@/lib/db/mail-life";
import { isUuid } from "@/lib/uuid";
import { MailBody } from "../_components/mail-body";
import { MailFacts } from "../_components/mail-facts";
import { askedAgain, SendAgain } from "../_components/send-again";
import { Timeline } from "../_components/timeline";
import { categoryWords, kindWords, stateWords } from "../_view/mail-words";
import { FAILURES_SHOWN, timelineOf } from "../_view/timeline";

export const metadata: Metadata = { title: "E-mail" };

type MailPageProps = PageWithSearch & { params: Promise<{ id: string }> };

const REFRESH_EVERY_MS = 3_000;

/** A mail is known by its subject; one that carries a secret, by what it is for. */
function titleOf({ kind, content, subject, category }: MailLife): string {
  if (content.kind === "mail" && content.subject !== "") return content.subject;
  if (subject !== null) return subject;
  return category === null ? kindWords(kind) : categoryWords(category);
}

/** From local tables alone. */
export default async function MailPage({ params, searchParams }: MailPageProps) {
  await requireOperator();
  const [{ id }, query] = await Promise.all([params, searchParams]);
  const life = isUuid(id) ? await getMailLife(id) : null;
  if (life === null) notFound();
  const now = Date.now();
  const asked = askedAgain(query.confirm, life);
  const again = <SendAgain life={life} />;
  // What can be done stands first where something has to be done.
  const isAtFault = life.status === "dead" || life.status === "suppressed";
  return (
    <div className="space-y-6">
      <AutoRefresh everyMs={REFRESH_EVERY_MS} forMs={Number.POSITIVE_INFINITY} />
      <div>
        <p className="mb-2 text-sm font-medium">
          <a
            href={life.kind === "email" ? "/admin/emails" : "/admin/emails?kind=commands"}
            className="text-accent underline decoration-accent/40 underline-offset-4 hover:decoration-accent"
          >
            {life.kind === "email" ? "All e-mails" : "All commands"}
          </a>
        </p>
        <div className="flex flex-wrap items-start justify-between gap-4">
          <PageHeader title={titleOf(life)} description={life.recipient && `To ${life.recipient}`} />
          <StatusTag words={stateWords(life)} />
        </div>
      </div>
      {asked === null ? null : <ConfirmPanel {...asked} keepHref={`/admin/emails/${id}`} />}
      {isAtFault ? again : null}
      <MailFacts life={life} />
      <div className="grid gap-6 lg:grid-cols-3">
        <Timeline steps={timelineOf(life, now)} />
        <div className="min-w-0 lg:col-span-2 lg:*:h-full">
          <MailBody life={life} view={query.view === "text" ? "text" : "html"} />
        </div>
      </div>
      {life.failures.length > FAILURES_SHOWN ? (
        <SectionCard id="failures" title="Failed attempts" description="The newest first; times are UTC.">
          <FailedAttempts attempts={life.failures} />
        </SectionCard>
      ) : null}
      {isAtFault ? null : again}
    </div>
  );
}
