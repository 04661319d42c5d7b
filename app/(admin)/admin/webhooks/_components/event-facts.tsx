import { Fact } from "@/app/(admin)/admin/_components/fact";
import { Facts, Id } from "@/app/(admin)/admin/_components/facts";
import { Moment } from "@/app/(admin)/admin/_components/moment";
import { StatusTag } from "@/app/(admin)/admin/_components/status-tag";
import { addressOf } from "@/app/(admin)/admin/_view/keyset";
import { SectionCard } from "@/components/ui/card";
import type { WebhookLife } from "@/lib/db/webhook-life";
import { WEBHOOKS_PATH } from "../_view/webhook-query";
import { statusMeaning, statusWords } from "../_view/webhook-words";

const LINK = "underline decoration-line-strong/50 underline-offset-4 hover:decoration-ink";

const MODES = { sandbox: "Sandbox", test: "Test mode", live: "Live" } as const;

function Workspace({ workspace }: { workspace: WebhookLife["workspace"] }) {
  if (workspace === null) return "–";
  return (
    <a href={addressOf(WEBHOOKS_PATH, { workspace: workspace.id })} className={LINK}>
      {workspace.name ?? `Deleted: ${workspace.id}`}
    </a>
  );
}

/** When the next attempt is, or how it ended. */
function Outcome({ event, now }: { event: WebhookLife; now: number }) {
  if (event.status === "pending") {
    return (
      <Fact label="Next attempt">
        <Moment at={event.nextAttemptAt} />
      </Fact>
    );
  }
  return (
    <Fact label="Handled">
      {event.processedAt === null ? "–" : <Moment at={event.processedAt} now={now} />}
    </Fact>
  );
}

/** What an event is, where it stands, and what that means. */
export function EventFacts({ event, now }: { event: WebhookLife; now: number }) {
  return (
    <SectionCard
      id="life"
      title="Where it stands"
      description={statusMeaning(event)}
      aside={<StatusTag words={statusWords(event.status)} />}
    >
      <Facts>
        <Fact label="Received">
          <Moment at={event.receivedAt} now={now} />
        </Fact>
        <Outcome event={event} now={now} />
        <Fact label="Attempts">{event.attempts}</Fact>
        <Fact label="Replayed">
          {event.replays === 0 ? "Never" : event.replays === 1 ? "Once" : `${event.replays} times`}
        </Fact>
        <Fact label="Last error" className="sm:col-span-2">
          {event.lastError ?? "None"}
        </Fact>
        <Fact label="About">
          {event.objectId === null ? (
            "–"
          ) : (
            <a href={addressOf(WEBHOOKS_PATH, { object: event.objectId })} className={LINK}>
              <Id>{event.objectId}</Id>
            </a>
          )}
        </Fact>
        <Fact label="Workspace">
          <Workspace workspace={event.workspace} />
        </Fact>
        <Fact label="Happened there">
          <Moment at={event.occurredAt} />
        </Fact>
        <Fact label="The vendor's id">
          <Id>{event.externalId}</Id>
        </Fact>
        <Fact label="Our id">
          <Id>{event.id}</Id>
        </Fact>
        <Fact label="Mode, account, version">
          {[
            MODES[event.mode],
            event.account === "" ? "own account" : event.account,
            event.apiVersion ?? "no version",
          ].join(", ")}
        </Fact>
      </Facts>
    </SectionCard>
  );
}
