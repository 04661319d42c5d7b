import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { FailedAttempts } from "@/app/(admin)/admin/_components/failed-attempts";
import type { PageWithSearch } from "@/app/search-params";
import { AutoRefresh } from "@/components/forms/auto-refresh";
import { ConfirmAction } from "@/components/forms/confirm-action";
import { ConfirmPanel } from "@/components/forms/confirm-panel";
import { SectionCard } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { requireOperator } from "@/lib/auth/guards";
import { getWebhookLife } from "@/lib/db/webhook-life";
import { isEventHandled } from "@/lib/use-cases/operations/is-event-handled";
import { EffectList } from "../_components/effect-list";
import { EventFacts } from "../_components/event-facts";
import { NoteList } from "../_components/note-list";
import { PayloadCard } from "../_components/payload-card";
import { eventConfirmation } from "../_components/replay-confirmation";
import { SiblingList } from "../_components/sibling-list";
import { WEBHOOKS_PATH } from "../_view/webhook-query";
import { remedyFor } from "../_view/webhook-words";

export const metadata: Metadata = { title: "Webhook event" };

interface EventPageProps extends PageWithSearch {
  params: Promise<{ id: string }>;
}

const REFRESH_EVERY_MS = 2_000;

/** One event's life, from local tables alone. */
export default async function WebhookEventPage({ params, searchParams }: EventPageProps) {
  await requireOperator();
  const [{ id }, search] = await Promise.all([params, searchParams]);
  const event = await getWebhookLife(id);
  if (event === null) notFound();
  const now = Date.now();
  const path = `${WEBHOOKS_PATH}/${id}`;
  const remedy = remedyFor({ ...event, isHandled: isEventHandled(event) });
  const confirmation = remedy === null ? null : eventConfirmation(event, remedy);
  return (
    <div className="space-y-6">
      {event.status === "pending" ? (
        <AutoRefresh everyMs={REFRESH_EVERY_MS} forMs={Number.POSITIVE_INFINITY} />
      ) : null}
      <div className="flex flex-wrap items-end justify-between gap-4">
        <div className="min-w-0">
          <Link
            href={WEBHOOKS_PATH}
            prefetch={false}
            className="text-sm font-medium text-accent underline decoration-accent/40 underline-offset-4 hover:decoration-accent"
          >
            All webhooks
          </Link>
          <div className="mt-2 break-all">
            <PageHeader title={event.type} description={`From ${event.provider}`} />
          </div>
        </div>
        {confirmation === null ? null : (
          <ConfirmAction
            {...confirmation}
            trigger={confirmation.confirmLabel}
            triggerVariant="primary"
            href={`${path}?confirm=${remedy}`}
            afterwards="life-heading"
          />
        )}
      </div>
      {confirmation !== null && search.confirm === remedy ? (
        <ConfirmPanel {...confirmation} keepHref={path} />
      ) : null}
      <EventFacts event={event} now={now} />
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <div className="space-y-6">
          <SectionCard id="attempts" title="Failed attempts" description="The newest first; times are UTC.">
            <FailedAttempts attempts={event.failedAttempts} />
          </SectionCard>
          <NoteList notes={event.notes} />
        </div>
        <div className="space-y-6">
          <EffectList effects={event.effects} />
          <SiblingList siblings={event.siblings} objectId={event.objectId} />
        </div>
      </div>
      <PayloadCard payload={event.payload} prunedAt={event.payloadPrunedAt} />
    </div>
  );
}
