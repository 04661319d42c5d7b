/**
 * Tells people, once an hour a cause, however many processes see it: whoever is on call through the outbox, in the
 * transaction that notes the alert, and monitoring after it. Raising an alert never fails and never waits.
 */
import { noteAlert, type Telling } from "@/lib/db/alerts";
import type { Database } from "@/lib/db/client";
import { env } from "@/lib/env";
import { monitoring } from "@/lib/integrations/monitoring";
import type { AlertReport } from "@/lib/integrations/monitoring/port";
import { errorFields, logger } from "@/lib/logger";
import { enqueueAlert } from "@/lib/outbox/enqueue";
import { processSingleton } from "@/lib/process-singleton";
import { type Alert, causeOf } from "./alert";

/** Milliseconds in which a process asks the database no more than once about one cause. */
const ASK_EVERY_MS = 60_000;
/** Milliseconds in which a process tells monitoring no more than once by itself. */
const TELL_ALONE_EVERY_MS = 60 * 60_000;

export interface Alerts {
  raise(alert: Alert): void;
  /** For when the database cannot say who else has told it: monitoring hears of it once an hour from each process. */
  raiseAlone(report: AlertReport): void;
  /** Waits for what is under way; says whether anything was told since this was last asked. Never rejects. */
  settled(): Promise<boolean>;
}

export interface AlertsOptions {
  note: typeof noteAlert;
  capture(report: AlertReport): void;
  /** Milliseconds. */
  now(): number;
}

/** Lets one sighting of a cause pass in `everyMs` and says how many it stands for; 0 for one that does not pass. */
function createSieve(everyMs: number, now: () => number): (cause: string) => number {
  const causes = new Map<string, { passedAt: number; held: number }>();
  return (cause) => {
    const { passedAt, held } = causes.get(cause) ?? { passedAt: Number.NEGATIVE_INFINITY, held: 0 };
    const passes = now() - passedAt >= everyMs;
    causes.set(cause, passes ? { passedAt: now(), held: 0 } : { passedAt, held: held + 1 });
    return passes ? held + 1 : 0;
  };
}

/** Whoever is on call is told of everything but of the way to them: that message would wait for itself. */
async function tellOnCall(tx: Database, alert: Alert, { toldAt, before }: Telling): Promise<void> {
  if (!env.ONCALL_WEBHOOK_URL || alert.provider === "oncall") return;
  const { severity, title, text, path = "/admin/integrations" } = alert;
  const again = before
    ? `\nTold before at ${before.toldAt.toISOString()}, and seen ${before.seenSince} times since then.`
    : "";
  await enqueueAlert(tx, {
    alertId: `${causeOf(alert)}:${toldAt.toISOString()}`,
    ...{ severity, title, text: `${text}${again}`, path },
  });
}

export function createAlerts({ note, capture, now }: AlertsOptions): Alerts {
  const askable = createSieve(ASK_EVERY_MS, now);
  const tellableAlone = createSieve(TELL_ALONE_EVERY_MS, now);
  const underWay = new Set<Promise<void>>();
  let told = false;

  function raiseAlone(report: AlertReport): void {
    if (tellableAlone(report.cause) > 0) capture(report);
  }

  async function tell(alert: Alert, times: number): Promise<void> {
    const cause = causeOf(alert);
    const { severity, title } = alert;
    try {
      const sighting = { cause, severity, summary: title, times };
      if (!(await note(sighting, (tx, telling) => tellOnCall(tx, alert, telling)))) return;
    } catch (error) {
      logger.error({ cause, ...errorFields(error) }, "an alert could not be noted");
      raiseAlone({ severity, cause, title });
      return;
    }
    told = true;
    logger.warn({ cause, severity }, "alert told");
    capture({ severity, cause, title });
  }

  return {
    raise: (alert) => {
      const times = askable(causeOf(alert));
      if (times === 0) return;
      const telling = tell(alert, times).finally(() => underWay.delete(telling));
      underWay.add(telling);
    },
    raiseAlone,
    settled: async () => {
      await Promise.all(underWay);
      const answer = told;
      told = false;
      return answer;
    },
  };
}

// Next bundles the same module several times; what was told lately must be known once.
function alerts(): Alerts {
  return processSingleton("alerts", () =>
    createAlerts({
      note: noteAlert,
      capture: (report) => monitoring().captureAlert(report),
      now: () => Date.now(),
    }),
  );
}

/** Tells people, unless they were told of the same cause within the hour. Never throws; writes in the background. */
export function raiseAlert(alert: Alert): void {
  alerts().raise(alert);
}

/** Tells monitoring of what the database cannot count, being out of reach itself. */
export function raiseAlertAlone(report: AlertReport): void {
  alerts().raiseAlone(report);
}

/** Waits for the alerts under way; says whether any was told since this was last asked. Never rejects. */
export function alertsSettled(): Promise<boolean> {
  return alerts().settled();
}
