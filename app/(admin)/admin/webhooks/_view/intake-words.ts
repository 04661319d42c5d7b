/** How well events come in, in words: by webhook, by looking through the vendor's lists, and from there to the pump. */
import { formatAgo, formatCount, formatSpan } from "@/app/(admin)/admin/_view/format";
import { boundedCount } from "@/app/(admin)/admin/_view/keyset";
import type { Tone } from "@/lib/billing/status";
import type { LatestReconciliation } from "@/lib/db/reconciliation";
import type { ScheduleReading } from "@/lib/db/schedule";
import type { WebhookCounts } from "@/lib/db/webhook-console";

/** A state, and what there is to say about it. */
export interface ToldState {
  tone: Tone;
  label: string;
  text: string;
}

/** Work that is older than this is late: the pump looks each second. */
const LATE_AFTER_MS = 60_000;
/** Its last run is noted at least so often while anybody comes by. */
const SILENT_AFTER_SECONDS = 15 * 60;

export function waitingWords({ pending, oldestPendingAt }: WebhookCounts, now: number): ToldState {
  if (oldestPendingAt === null)
    return { tone: "positive", label: "None waiting", text: "Everything is handled." };
  const ageMs = now - oldestPendingAt.getTime();
  return {
    tone: ageMs > LATE_AFTER_MS ? "warning" : "neutral",
    label: `${boundedCount(pending)} waiting`,
    text: `The oldest came ${formatSpan(ageMs)} ago.`,
  };
}

export function pumpWords(reading: ScheduleReading | null): ToldState {
  const seconds = reading?.startedSecondsAgo ?? null;
  if (seconds === null) {
    return { tone: "neutral", label: "Not yet", text: "No run of the pump was noted so far." };
  }
  const text = `It began ${formatSpan(seconds * 1_000)} ago.`;
  return seconds > SILENT_AFTER_SECONDS
    ? { tone: "warning", label: "Silent", text: `${text} Is the cron or the server running?` }
    : { tone: "positive", label: "Running", text };
}

const KINDS: Record<LatestReconciliation["kind"], { name: string; things: string; meaning: string }> = {
  events: { name: "Events", things: "events", meaning: "that no webhook had brought" },
  subscriptions: { name: "Subscriptions", things: "subscriptions", meaning: "that differed from our copy" },
  customers: { name: "Customers", things: "customers", meaning: "that differed from our copy" },
};

export function reconciliationName(kind: LatestReconciliation["kind"]): string {
  return KINDS[kind].name;
}

export function reconciliationWords(
  { kind, finished, running }: LatestReconciliation,
  now: number,
): ToldState {
  const { things, meaning } = KINDS[kind];
  const goesOn =
    running === null ? "" : ` Another pass is under way: ${formatCount(running.seen)} looked at so far.`;
  if (running?.lastError) {
    return {
      tone: "warning",
      label: "Interrupted",
      text: `It goes on by itself. Last met: ${running.lastError}`,
    };
  }
  if (finished === null) {
    const text =
      running === null
        ? "No pass has ended yet."
        : `The first pass is under way: ${formatCount(running.seen)} looked at so far.`;
    return { tone: "neutral", label: "Not yet", text };
  }
  const when = formatAgo(finished.finishedAt ?? finished.startedAt, now);
  if (finished.lastError) {
    return {
      tone: "warning",
      label: "Failed",
      text: `The last pass failed ${when}: ${finished.lastError}.${goesOn}`,
    };
  }
  const seen = `${formatCount(finished.seen)} ${things} looked at, ${when}`;
  return finished.drift === 0
    ? { tone: "positive", label: "No drift", text: `${seen}.${goesOn}` }
    : {
        tone: "warning",
        label: `${formatCount(finished.drift)} repaired`,
        text: `${seen}; ${formatCount(finished.drift)} ${meaning}, handled since.${goesOn}`,
      };
}

/** Whether a provider's webhooks come; `isPolled` where its events are fetched because none can. */
export function webhookWords(
  { at, url, isPolled }: { at: Date | null; url: string; isPolled: boolean },
  now: number,
): ToldState {
  if (at !== null)
    return { tone: "positive", label: "Arriving", text: `The last one came ${formatAgo(at, now)}.` };
  if (isPolled) {
    return {
      tone: "neutral",
      label: "Fetched",
      text: "Its events are fetched every few seconds, because no webhook can come here.",
    };
  }
  return {
    tone: "warning",
    label: "None yet",
    text: `No webhook has come so far. Is the endpoint registered there, with its secret set here? It is ${url}`,
  };
}
