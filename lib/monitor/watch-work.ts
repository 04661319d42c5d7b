/** Watches over the work itself: that it is done, that it is not stuck, and that what should come does come. */
import { raiseAlert } from "@/lib/alerts/raise-alert";
import { eventWaits, messageWaits, pumpLate, webhooksMissing } from "@/lib/alerts/watch-words";
import { eventQuarantined } from "@/lib/alerts/work-words";
import { circuitStore } from "@/lib/compose";
import { oldestDueSeconds } from "@/lib/db/health";
import { claimSchedule, readSchedule } from "@/lib/db/schedule";
import {
  isCheckoutWithoutWebhook,
  lastQuarantinedEvents,
  oldestWaitingEvents,
  oldestWaitingMessages,
  type WaitingMessage,
} from "@/lib/db/work-watch";
import { appUrl, env } from "@/lib/env";
import { email, emailFallback } from "@/lib/integrations/email";
import { payments } from "@/lib/integrations/payments";
import type { Effect } from "@/lib/resilience/call";
import { type Circuit, circuitName } from "@/lib/resilience/circuit-state";

/** Milliseconds; for all instances together. */
const WATCH_EVERY_MS = 60_000;
/** Seconds. */
const PUMP_LATE = 5 * 60;
const WAITING_TOO_LONG = 15 * 60;
const WEBHOOK_DUE = 10 * 60;
/** Something of another product is put aside an hour or two after it came. */
const QUARANTINED_WITHIN = 3 * 60 * 60;

interface Configured {
  provider: string;
  mode: string;
}

const paymentsAt = (): Configured => payments().configuration;
const mailAt = (): Configured[] => {
  const fallback = emailFallback();
  return [email().configuration, ...(fallback ? [fallback.configuration] : [])];
};

type Circuits = ReadonlyMap<string, Circuit>;

/** Whether a breaker explains that nothing is done: it is open, or the vendor has asked to be left alone. */
function isHeldBack(circuits: Circuits, { provider, mode }: Configured, effect: Effect): boolean {
  const circuit = circuits.get(circuitName({ provider, mode, effect }));
  if (!circuit) return false;
  return circuit.state.kind !== "closed" || (circuit.throttledUntil ?? 0) > Date.now();
}

async function watchPump(): Promise<void> {
  const dueSeconds = await oldestDueSeconds();
  if (dueSeconds <= PUMP_LATE) return;
  const lastRunSeconds = (await readSchedule("pump"))?.endedSecondsAgo ?? null;
  if (lastRunSeconds !== null && lastRunSeconds <= PUMP_LATE) return;
  raiseAlert(pumpLate({ mode: paymentsAt().mode, dueSeconds, lastRunSeconds }));
}

async function watchEvents(circuits: Circuits): Promise<void> {
  const all = [paymentsAt(), ...mailAt()];
  // Handling an event of a mail vendor calls nobody.
  const waiting = all.filter((one, index) => index > 0 || !isHeldBack(circuits, one, "read"));
  const modes = new Map(all.map(({ provider, mode }) => [provider, mode]));
  const at = (provider: string) => ({ provider, mode: modes.get(provider) ?? "" });
  const providers = waiting.map(({ provider }) => provider);
  for (const event of await oldestWaitingEvents(providers, WAITING_TOO_LONG))
    raiseAlert(eventWaits({ ...event, ...at(event.provider) }));
  for (const { provider, type, lastError } of await lastQuarantinedEvents(
    [...modes.keys()],
    QUARANTINED_WITHIN,
  )) {
    const reason = lastError ?? "another mode, account or API version";
    raiseAlert(eventQuarantined({ ...at(provider), type, reason }));
  }
}

/** Where a message goes; null where it waits for a breaker. */
function destination(message: WaitingMessage, circuits: Circuits): Configured | null {
  // The way to whoever is on call is told of by the breaker itself.
  if (message.kind === "ALERT") return null;
  const ways = message.kind === "EMAIL" ? mailAt() : [paymentsAt()];
  const bound = message.provider ? ways.filter(({ provider }) => provider === message.provider) : ways;
  const way = bound[0] ?? ways[0];
  return way && !isHeldBack(circuits, way, "write") ? way : null;
}

async function watchMessages(circuits: Circuits): Promise<void> {
  for (const message of await oldestWaitingMessages(WAITING_TOO_LONG)) {
    const to = destination(message, circuits);
    const what = message.kind === "EMAIL" ? "mail" : "command";
    if (to) raiseAlert(messageWaits({ ...message, provider: to.provider, mode: to.mode, what }));
  }
}

async function watchWebhooks(): Promise<void> {
  // Events are fetched on purpose where no webhook can come.
  if (env.STRIPE_POLL_EVENTS === "1") return;
  if (!(await isCheckoutWithoutWebhook(WEBHOOK_DUE))) return;
  const { provider, mode } = paymentsAt();
  raiseAlert(webhooksMissing({ provider, mode, url: `${appUrl()}/api/webhooks/${provider}` }));
}

/** Looks at everything now. */
export async function watchWork(): Promise<void> {
  const circuits = await circuitStore().read();
  const looks = [watchPump(), watchEvents(circuits), watchMessages(circuits), watchWebhooks()];
  const failed = (await Promise.allSettled(looks)).find((look) => look.status === "rejected");
  if (failed) throw failed.reason;
}

/** The same once a minute, whichever instance comes first. */
export async function watchWorkInTurn(): Promise<void> {
  if (!(await claimSchedule("watch-work", WATCH_EVERY_MS))) return;
  await watchWork();
}
