/** States of events and what may be done about them, in words. */

import type { StatusWords } from "@/app/(admin)/admin/_components/status-tag";
import type { WebhookStatus } from "@/lib/db/webhook-filter";

export const STATUSES = ["dead", "quarantined", "pending", "done", "ignored"] as const;

const WORDS: Record<WebhookStatus, StatusWords> = {
  pending: { label: "Waiting", tone: "neutral" },
  done: { label: "Done", tone: "positive" },
  ignored: { label: "Ignored", tone: "neutral" },
  quarantined: { label: "Quarantined", tone: "warning" },
  dead: { label: "Given up", tone: "critical" },
};

export function statusWords(status: WebhookStatus): StatusWords {
  return WORDS[status];
}

/** What a state means, and what happens next. */
export function statusMeaning(event: {
  status: WebhookStatus;
  attempts: number;
  isUnderWay: boolean;
  isOwn: boolean;
}): string {
  switch (event.status) {
    case "pending":
      if (!event.isOwn) {
        return "It is of a mode or account that this installation does not work in, and waits for one that does.";
      }
      if (event.isUnderWay) return "A worker has it in hand right now.";
      return event.attempts === 0
        ? "It is stored and will be handled in a moment."
        : "An attempt has failed. It is tried again by itself, for three days.";
    case "done":
      return "It was handled: what it is about was read anew from the vendor, and written here.";
    case "ignored":
      return "Nothing here handles events of its type. It is kept, and nothing is missing.";
    case "quarantined":
      return "It was put aside and not processed: it is of another mode, account or API version, or about something that is not ours. Look at it, then release it or leave it.";
    case "dead":
      return "It was tried for three days, or can never succeed, and is tried no more. Mend the cause, then replay it.";
    default:
      return event.status satisfies never;
  }
}

/** What an operator may do about an event: nothing, have it handled again, or let it out of quarantine. */
export type EventRemedy = "replay" | "release" | null;

export function remedyFor(event: {
  status: WebhookStatus;
  isOwn: boolean;
  /** Whether something here handles its type today. */
  isHandled: boolean;
}): EventRemedy {
  if (!event.isOwn || event.status === "pending") return null;
  if (event.status === "quarantined") return "release";
  return event.isHandled ? "replay" : null;
}

const AREAS: Readonly<Record<string, string>> = {
  cancel_duplicate_subscription: "Command: cancel a duplicate subscription",
  expire_checkout: "Command: close a payment page",
  cancel_subscription: "Command: cancel a subscription",
  alert: "Alert to whoever is on call",
};

/** What an effect is: a mail by its template, or a command. */
export function effectWords({ kind, category }: { kind: string; category: string | null }): string {
  if (kind === "email") return category === null ? "Mail" : `Mail: ${category}`;
  return AREAS[kind] ?? kind;
}

const EFFECT_STATUS: Readonly<Record<string, StatusWords>> = {
  pending: { label: "Waiting", tone: "neutral" },
  sent: { label: "Done", tone: "positive" },
  suppressed: { label: "Not sent", tone: "warning" },
  dead: { label: "Given up", tone: "critical" },
};

export function effectStatusWords(status: string): StatusWords {
  return EFFECT_STATUS[status] ?? { label: status, tone: "neutral" };
}
