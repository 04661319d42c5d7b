/** Carries a pass on, step by step, for as long as there is time; what a killed one has left is carried on by the next. */
import {
  advanceReconciliation,
  finishReconciliation,
  type LeasedReconciliation,
  leaseReconciliation,
  releaseReconciliation,
} from "@/lib/db/reconciliation";
import { isAppError } from "@/lib/errors/app-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { errorFields, logger } from "@/lib/logger";
import { withRequestContext } from "@/lib/request-context";

export type ReconciliationKind = LeasedReconciliation["kind"];
export type PassRun = Pick<LeasedReconciliation, "id" | "cursor" | "since" | "startedAt">;

export interface PassStep {
  cursor: string | null;
  /** What the vendor listed in this step. */
  seen: number;
  drift: number;
  /** Of another product of the same account. */
  strangers: number;
  /** Rows that were written into the inbox. */
  requested: number;
  outcome:
    | { kind: "more" }
    /** Not before so many milliseconds. */
    | { kind: "wait"; waitMs: number }
    /** `doubted`: how many were not repaired, because so many at once are hardly true. */
    | { kind: "done"; doubted: number };
}

export interface PassOptions {
  kind: ReconciliationKind;
  /** The pass that is opened when this one has ended well. */
  next: ReconciliationKind | null;
  step(run: PassRun): Promise<PassStep>;
  /** A pass that takes longer than this is given up (milliseconds): the next one begins anew. */
  longestMs: number;
}

export interface PassReport {
  kind: ReconciliationKind;
  state: "finished" | "open" | "failed";
  /** Of the whole pass, so far. */
  seen: number;
  drift: number;
  /** Of what this call did. */
  strangers: number;
  requested: number;
  doubted: number;
}

/** Within which one page has come and is written down (milliseconds). */
const STEP_MS = 15_000;
/** With less time than this, none is begun. */
const LEAST_STEP_MS = 2_000;

/** The class and our own words; a vendor's prose stays out of the table. */
function describe(error: unknown): string {
  if (isAppError(error)) return error.message;
  return error instanceof Error ? error.name : "unknown error";
}

/** The vendor refuses the page itself: it would do so whenever it is asked. */
function isHopeless(error: unknown): boolean {
  return isIntegrationError(error) && error.kind === "invalid_request";
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Carries the open pass of a kind on until it ends or the time is over.
 * @param deadline milliseconds since 1970
 * @returns null where there is none, or somebody else is at work on it
 */
export async function carryOn(options: PassOptions, deadline: number): Promise<PassReport | null> {
  const run = await leaseReconciliation(options.kind);
  if (!run) return null;
  const { kind, seen, drift } = run;
  const report: PassReport = {
    ...{ kind, seen, drift, state: "open", strangers: 0, requested: 0, doubted: 0 },
  };
  try {
    await runSteps(options, run, report, deadline);
  } catch (error) {
    const isOver = isHopeless(error) || run.ageMs > options.longestMs;
    logger.warn({ kind, id: run.id, ...errorFields(error) }, "reconciliation met a failure");
    if (isOver) {
      await finishReconciliation(run, { lastError: describe(error), next: null, seen: 0, drift: 0 });
      report.state = "failed";
    } else {
      await releaseReconciliation(run, describe(error));
    }
  }
  return report;
}

async function runSteps(
  options: PassOptions,
  run: LeasedReconciliation,
  report: PassReport,
  deadline: number,
): Promise<void> {
  let cursor = run.cursor;
  for (;;) {
    const leftMs = deadline - Date.now();
    if (leftMs < LEAST_STEP_MS) break;
    const place = { ...run, cursor };
    const step = await withRequestContext(
      { origin: "background", overallMs: Math.min(STEP_MS, leftMs) },
      () => options.step(place),
    );
    if (step.outcome.kind === "done") {
      const { seen, drift } = step;
      const finished = await finishReconciliation(run, { lastError: null, next: options.next, seen, drift });
      report.requested += step.requested;
      report.strangers += step.strangers;
      if (finished) Object.assign(report, { ...finished, state: "finished", doubted: step.outcome.doubted });
      return;
    }
    if (!(await advanceReconciliation(run, step))) return;
    cursor = step.cursor;
    report.seen += step.seen;
    report.drift += step.drift;
    report.strangers += step.strangers;
    report.requested += step.requested;
    if (step.outcome.kind === "wait") {
      if (step.outcome.waitMs > deadline - Date.now() - LEAST_STEP_MS) break;
      await sleep(step.outcome.waitMs);
    }
  }
  await releaseReconciliation(run, null);
}
