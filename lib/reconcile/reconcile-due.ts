/**
 * Reads what the payments vendor has when it is due, whoever comes by: its events every few minutes, into the inbox that
 * webhooks fill, and once a day all subscriptions and customers. What that finds is put right by the inbox's handlers.
 */

import { raiseAlert } from "@/lib/alerts/raise-alert";
import { driftFound } from "@/lib/alerts/watch-words";
import { listWaitingReconciliations, openReconciliation } from "@/lib/db/reconciliation";
import { claimSchedule, makeScheduleDue } from "@/lib/db/schedule";
import { payments } from "@/lib/integrations/payments";
import { logger } from "@/lib/logger";
import { storeListedEvents } from "@/lib/webhooks/listed-events";
import { carryOn, type PassOptions, type PassReport, type PassRun, type PassStep } from "./pass";
import { type SweepOptions, sweepStep } from "./sweep";
import { SWEEPS } from "./sweeps";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const EVENTS_EVERY_MS = 5 * MINUTE_MS;
/** A little less than a day: a host's daily cron does not come at the same minute each day. */
const SWEEP_EVERY_MS = 23 * HOUR_MS;
const SCHEDULES = [
  { name: "reconcile-events", everyMs: EVENTS_EVERY_MS, kind: "EVENTS" },
  { name: "reconcile-sweep", everyMs: SWEEP_EVERY_MS, kind: "SUBSCRIPTIONS" },
] as const;
/** A pass that a vendor in trouble holds up for so long is given up; the next one reaches back as far. */
const LONGEST_MS = 6 * HOUR_MS;

const DEFAULT_BUDGET_MS = 20_000;
/** A webhook is hardly ever later than this, and what it brings is no drift. */
const GRACE_MS = 15_000;

export interface ReconcileOptions {
  /** Milliseconds in which no vendor call is left under way. */
  budgetMs?: number;
  /** Milliseconds in which a webhook may bring what was seen at the vendor first. */
  graceMs?: number;
}

async function takeEvents(run: PassRun, graceMs: number): Promise<PassStep> {
  const since = run.since ?? run.startedAt;
  const { events, next } = await payments().listEventsPage({ since, cursor: run.cursor });
  // A webhook may be bringing what is young, and is left to; the next pass reaches back to it. What lies well ahead is a
  // test clock's.
  const old = events.filter(({ occurredAt }) => Math.abs(Date.now() - occurredAt.getTime()) >= graceMs);
  const { added, missed } = await storeListedEvents(old);
  return {
    ...{ cursor: next, seen: events.length, drift: missed, strangers: 0, requested: added },
    outcome: next === null ? { kind: "done", doubted: 0 } : { kind: "more" },
  };
}

function passes(graceMs: number): readonly PassOptions[] {
  const sweep: SweepOptions = { graceMs, now: Date.now };
  const longestMs = LONGEST_MS;
  return [
    { kind: "EVENTS", next: null, longestMs, step: (run) => takeEvents(run, graceMs) },
    {
      ...{ kind: "SUBSCRIPTIONS", next: "CUSTOMERS", longestMs },
      step: (run) => sweepStep(SWEEPS.SUBSCRIPTIONS, run, sweep),
    },
    {
      ...{ kind: "CUSTOMERS", next: null, longestMs },
      step: (run) => sweepStep(SWEEPS.CUSTOMERS, run, sweep),
    },
  ];
}

async function openWhatIsDue(): Promise<void> {
  for (const { name, everyMs, kind } of SCHEDULES) {
    if (!(await claimSchedule(name, everyMs))) continue;
    try {
      await openReconciliation(kind);
    } catch (error) {
      await makeScheduleDue(name);
      throw error;
    }
  }
}

function tell({ kind, state, seen, drift, strangers, doubted }: PassReport): void {
  if (state !== "finished") return;
  logger.info({ kind, seen, drift, strangers }, "reconciled with the payments vendor");
  if (drift > 0) raiseAlert(driftFound({ kind, seen, drift, doubted, ...payments().scope }));
}

/**
 * Opens the passes that are due, and carries on those that are open and that nobody is at work on. Any number of
 * instances may call it at any time. What it writes into the inbox is the pump's to handle.
 * @returns what this call did; empty where there was nothing to do
 */
export async function reconcileDue(options: ReconcileOptions = {}): Promise<PassReport[]> {
  const { budgetMs = DEFAULT_BUDGET_MS, graceMs = GRACE_MS } = options;
  const deadline = Date.now() + budgetMs;
  await openWhatIsDue();
  const reports: PassReport[] = [];
  for (const pass of passes(graceMs)) {
    // Asked each time: one pass opens another.
    if (!(await listWaitingReconciliations()).includes(pass.kind)) continue;
    const report = await carryOn(pass, deadline);
    if (!report) continue;
    reports.push(report);
    tell(report);
  }
  return reports;
}

/** The same, with a pass over events whenever the last one was. */
export async function reconcileNow(options: ReconcileOptions = {}): Promise<PassReport[]> {
  await makeScheduleDue(SCHEDULES[0].name);
  return reconcileDue(options);
}
