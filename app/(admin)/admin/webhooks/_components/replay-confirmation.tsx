import { randomUUID } from "node:crypto";
import { boundedCount } from "@/app/(admin)/admin/_view/keyset";
import type { Confirmation } from "@/components/forms/confirm-form";
import type { ReplayableStatus, WebhookFilter } from "@/lib/db/webhook-filter";
import { eventSetField } from "../_view/replay-input";
import { filterWords } from "../_view/webhook-query";
import type { EventRemedy } from "../_view/webhook-words";
import { releaseEventAction, replayEventAction, replayWebhooksAction } from "../actions";

const NOTED = "It is noted in the audit log under your name.";

interface OneEvent {
  id: string;
  type: string;
  replays: number;
}

/** What an operator is asked before one event is handled again. */
export function eventConfirmation(
  { id, type, replays }: OneEvent,
  remedy: Exclude<EventRemedy, null>,
): Confirmation<undefined> {
  const fields = { id, replays: String(replays) };
  if (remedy === "release") {
    return {
      title: `Release ${type}?`,
      description: (
        <>
          <p>
            It leaves quarantine and is handled like any other event: what it is about is read anew from the
            vendor, and its payload is not relied on. If nothing here handles its type, it becomes ignored.
          </p>
          <p>{NOTED}</p>
        </>
      ),
      ...{ confirmLabel: "Release", pendingLabel: "Releasing…", keepLabel: "Leave in quarantine" },
      ...{ fields, action: releaseEventAction },
    };
  }
  return {
    title: `Replay ${type}?`,
    description: (
      <>
        <p>
          It is handled once more, from the first attempt on and for three days: what it is about is read anew
          from the vendor. Nothing that was done already is done twice: no mail goes out again.
        </p>
        <p>{NOTED}</p>
      </>
    ),
    ...{ confirmLabel: "Replay", pendingLabel: "Replaying…", keepLabel: "Leave as it is" },
    ...{ fields, action: replayEventAction },
  };
}

const STATE_WORDS: Record<ReplayableStatus, string> = {
  dead: "that were given up",
  done: "that are done",
  ignored: "that were ignored, and whose type is handled by now,",
  quarantined: "in quarantine",
};

/** What an operator is asked before a whole list is. @param count bounded */
export function setConfirmation(
  filter: WebhookFilter & { status: ReplayableStatus },
  count: number,
): Confirmation<undefined> {
  const isRelease = filter.status === "quarantined";
  const narrowed = filterWords(filter);
  const verb = isRelease ? "Release" : "Replay";
  return {
    title: `${verb} ${boundedCount(count)} ${count === 1 ? "event" : "events"}?`,
    description: (
      <>
        <p>
          All events {STATE_WORDS[filter.status]}
          {narrowed === "" ? "" : ` ${narrowed}`}{" "}
          {isRelease ? "are released and handled" : "are handled once more"}, from the newest to the oldest:
          each reads what it is about anew from the vendor. What comes from now on is no part of it. Nothing
          that was done already is done twice.
        </p>
        <p>
          It goes on in the background, a few hundred at a time, and new events do not wait for it. Events of
          another mode or account stay as they are. Each one is noted in the audit log under your name.
        </p>
      </>
    ),
    confirmLabel: verb,
    pendingLabel: isRelease ? "Releasing…" : "Replaying…",
    keepLabel: "Leave them as they are",
    fields: { requestKey: randomUUID(), filter: eventSetField(filter) },
    action: replayWebhooksAction,
  };
}
