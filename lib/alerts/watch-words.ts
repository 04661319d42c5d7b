/** What an alert says of work that nobody does, and of what has not come. For operators, so vendors are named. */
import type { Alert } from "./alert";

interface At {
  provider: string;
  mode: string;
}

const named = ({ provider, mode }: At) => `${provider} (${mode})`;
const paragraphs = (...lines: string[]) => lines.join("\n");

/** As people say it, rounded down. */
function ago(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}

/** @param seen `lastRunSeconds`: null where the pump has never run to its end */
export function pumpLate(seen: { mode: string; dueSeconds: number; lastRunSeconds: number | null }): Alert {
  const lastRun =
    seen.lastRunSeconds === null
      ? "has never come to the end of a run"
      : `came to the end of a run ${ago(seen.lastRunSeconds)} ago`;
  return {
    what: "pump-late",
    severity: "critical",
    ...{ provider: "pump", mode: seen.mode, path: "/admin/webhooks" },
    title: "Pump: work is due and nobody does it",
    text: paragraphs(
      `Work has been due for ${ago(seen.dueSeconds)}, and the pump (${seen.mode}) ${lastRun}.`,
      "Meanwhile: payments are not reflected and mails are not sent. Nothing is lost, all of it is in the database.",
      "See whether the app's processes live and reach the database, and whether the cron calls /api/cron/pump (docs/deploy.md).",
    ),
  };
}

interface Waiting extends At {
  seconds: number;
  attempts: number;
  /** Words of ours; null before the first attempt has failed. */
  lastError: string | null;
}

const attemptsOf = ({ attempts, lastError }: Waiting) =>
  attempts === 0
    ? "It has not been tried yet"
    : `It was tried ${attempts} ${attempts === 1 ? "time" : "times"}, the last time with "${lastError ?? "unknown"}"`;

export function eventWaits(event: Waiting & { type: string }): Alert {
  const { provider, mode, type, seconds } = event;
  return {
    what: "event-waits",
    severity: "warning",
    ...{ provider, mode, path: "/admin/webhooks" },
    title: `Webhooks: an event of ${named(event)} has waited for ${ago(seconds)}`,
    text: paragraphs(
      `An event (${type}) of ${named(event)} came ${ago(seconds)} ago and is not done. ${attemptsOf(event)}.`,
      "No circuit breaker holds it back. Meanwhile: what it tells of is not reflected here; other events go on.",
      "The list of pending events shows each attempt and its error. It is tried for three days, and can be replayed after that.",
    ),
  };
}

/** @param message `what`: "mail", or the command's name */
export function messageWaits(message: Waiting & { what: string }): Alert {
  const { provider, mode, what, seconds } = message;
  return {
    what: "message-waits",
    severity: "warning",
    ...{ provider, mode, about: what, path: "/admin/emails" },
    title: `Outbox: a ${what} for ${named(message)} has waited for ${ago(seconds)}`,
    text: paragraphs(
      `A ${what} for ${named(message)} was to be done ${ago(seconds)} ago and is not. ${attemptsOf(message)}.`,
      "No circuit breaker holds it back. Meanwhile: whoever it is for does not have it; others go on.",
      "The list of pending mails and commands shows each attempt and its error. It is tried for three days, and can be replayed after that.",
    ),
  };
}

/** @param seen `url`: where the vendor should send its webhooks */
export function webhooksMissing(seen: At & { url: string }): Alert {
  const { provider, mode, url } = seen;
  return {
    what: "webhooks-missing",
    severity: "critical",
    ...{ provider, mode, path: "/admin/webhooks" },
    title: `Webhooks: none has come from ${named(seen)}. Is the endpoint registered?`,
    text: paragraphs(
      `A checkout at ${named(seen)} was completed more than ten minutes ago, and no webhook has come since it was begun.`,
      "Meanwhile: what happens there is found by reconciliation only, some minutes late.",
      `At the vendor's dashboard, see that an endpoint ${url} exists and is enabled for this mode, with the event types and the API version of docs/deploy.md, and that its signing secret is the one in the environment (.env.example names it).`,
    ),
  };
}

const LISTED = {
  EVENTS: "events that no webhook had brought",
  SUBSCRIPTIONS: "subscriptions that differ from our copy",
  CUSTOMERS: "customers that differ from our copy",
} as const;

/** @param found `doubted`: how many were not repaired, for so many at once are hardly true */
export function driftFound(
  found: At & { kind: keyof typeof LISTED; seen: number; drift: number; doubted: number },
): Alert {
  const { provider, mode, kind, seen, drift, doubted } = found;
  return {
    what: "drift-found",
    severity: doubted > 0 ? "critical" : "warning",
    ...{ provider, mode, about: kind.toLowerCase(), path: "/admin/webhooks" },
    title: `Reconciliation: ${drift} ${LISTED[kind]} at ${named(found)}`,
    text: paragraphs(
      `Of ${seen} that ${named(found)} lists, and of our copies of them, there were ${drift} ${LISTED[kind]}.`,
      doubted > 0
        ? `${doubted} of them are copies that it lists no more, which is hardly to be believed of so large a share: they were left as they are. Does the key belong to another account?`
        : "Meanwhile: they are being put right through the inbox, as if their webhooks came now.",
      "If it happens again, look at the endpoint at the vendor's dashboard: it shows which deliveries failed, and why.",
    ),
  };
}
