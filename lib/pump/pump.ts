/**
 * One idempotent function that does what is due. Started by ingress, actions, cron and a timer; none of them is the
 * guarantee, the rows are: leased, so that instances share the work, and rescheduled when it fails.
 */
import { isAppError } from "@/lib/errors/app-error";
import { GiveUpError } from "@/lib/errors/give-up-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { NotYetError } from "@/lib/errors/not-yet-error";
import { errorFields, logger } from "@/lib/logger";
import { processSingleton } from "@/lib/process-singleton";
import { withRequestContext } from "@/lib/request-context";
import { type NextAttempt, nextAttempt } from "./backoff";

/** Within which all vendor calls of one piece of work have ended: time for a slow one and a few that are not. */
const ITEM_MS = 15_000;
/** Well over that, and over the statements before and after, so that a live worker keeps what it leased. */
const LEASE_MS = 60_000;
/** At once; each needs a connection or two, and ingress shares the pool. */
const BATCH = 5;
/** Milliseconds; with one more batch (`ITEM_MS`) still well inside a serverless function's minute. */
const DEFAULT_BUDGET_MS = 25_000;

export interface WorkItem {
  id: string;
  attempts: number;
  leaseToken: string;
}

/** A table of work. */
export interface WorkSource<Item extends WorkItem> {
  name: string;
  /** Leases due items to this caller alone. */
  claim(limit: number, leaseMs: number): Promise<Item[]>;
  /** When the item came into being. */
  bornAt(item: Item): Date;
  /** Of the request that caused the item; null where that is not known. */
  correlationId(item: Item): string | null;
  /** Does the work and marks it done. Safe to be done again. */
  process(item: Item): Promise<void>;
  reschedule(item: Item, next: NextAttempt, lastError: string): Promise<void>;
}

export interface PumpReport {
  processed: number;
  failed: number;
}

/** Erases the item type, so that sources of several tables stand in one list. */
export interface Work {
  name: string;
  /** Claims and does one batch; answers how many were claimed. */
  runBatch(): Promise<PumpReport & { claimed: number }>;
}

/** The class and our own words; a vendor's prose may carry personal data and stays out of the table. */
function describe(error: unknown): string {
  if (isAppError(error)) return error.message;
  return error instanceof Error ? error.name : "unknown error";
}

/** Whether nobody was even asked: too early, by the breaker, or because a vendor wants to be left alone for now. */
function isHeldBack(error: unknown): boolean {
  if (error instanceof NotYetError) return true;
  if (!isIntegrationError(error)) return false;
  if (error.kind === "rate_limited") return error.status === null && !error.mayHaveTakenEffect;
  return error.kind === "circuit_open";
}

async function giveBack<Item extends WorkItem>(
  source: WorkSource<Item>,
  item: Item,
  error: unknown,
): Promise<void> {
  const next = nextAttempt({
    attempts: item.attempts,
    ageMs: Date.now() - source.bornAt(item).getTime(),
    // Every other failure is worth another try until its time is up: a fix may be deployed meanwhile.
    retryable: !(error instanceof GiveUpError),
    retryAfterMs: isIntegrationError(error) || error instanceof NotYetError ? error.retryAfterMs : null,
    heldBack: isHeldBack(error),
    random: Math.random(),
  });
  const fields = { source: source.name, id: item.id, attempts: item.attempts, next, ...errorFields(error) };
  if (next.kind === "dead") logger.error(fields, "gave up");
  else if (next.kind === "wait") logger.info(fields, "held back, will come again");
  else logger.warn(fields, "failed, will try again");
  await source.reschedule(item, next, describe(error));
}

/** Never rejects: what becomes of one item is nothing to the others of its batch. */
async function attempt<Item extends WorkItem>(source: WorkSource<Item>, item: Item): Promise<boolean> {
  try {
    await source.process(item);
    return true;
  } catch (error) {
    await giveBack(source, item, error).catch((second: unknown) => {
      const fields = { source: source.name, id: item.id, attempts: item.attempts, ...errorFields(second) };
      logger.error(fields, "could not be given back, comes again when its lease is over");
    });
    return false;
  }
}

/** In the background, whoever started the run; under the id of the request that caused the item. */
function attemptInContext<Item extends WorkItem>(source: WorkSource<Item>, item: Item): Promise<boolean> {
  const correlationId = source.correlationId(item);
  const context = { origin: "background", overallMs: ITEM_MS, correlationId } as const;
  return withRequestContext(context, () => attempt(source, item));
}

export function workFrom<Item extends WorkItem>(source: WorkSource<Item>): Work {
  return {
    name: source.name,
    runBatch: async () => {
      const items = await source.claim(BATCH, LEASE_MS);
      const outcomes = await Promise.all(items.map((item) => attemptInContext(source, item)));
      const processed = outcomes.filter(Boolean).length;
      return { claimed: items.length, processed, failed: items.length - processed };
    },
  };
}

const NOTHING = { claimed: 0, processed: 0, failed: 0 };

/** A source whose table cannot be reached does not keep the others from their work. */
async function runBatch(source: Work): Promise<PumpReport & { claimed: number }> {
  try {
    return await source.runBatch();
  } catch (error) {
    logger.error({ source: source.name, ...errorFields(error) }, "could not claim work");
    return NOTHING;
  }
}

export interface Pump {
  /**
   * Runs until nothing is due or the budget (milliseconds) is spent: every source is looked at once, and after that no
   * batch is begun when the budget is over. A call during a run makes it look once more.
   */
  run(budgetMs?: number): Promise<PumpReport>;
}

export function createPump(sources: readonly Work[]): Pump {
  const state = processSingleton("pump", () => ({
    running: null as Promise<PumpReport> | null,
    again: false,
  }));

  async function drain(budgetMs: number): Promise<PumpReport> {
    const deadline = Date.now() + budgetMs;
    const total: PumpReport = { processed: 0, failed: 0 };
    const isOver = () => Date.now() >= deadline;
    let isFirstLook = true;
    let found: boolean;
    do {
      state.again = false;
      found = false;
      for (const source of sources) {
        if (!isFirstLook && isOver()) break;
        const batch = await runBatch(source);
        total.processed += batch.processed;
        total.failed += batch.failed;
        // What failed is due later; only a batch with some success says that more may be due now.
        found ||= batch.processed > 0;
      }
      isFirstLook = false;
    } while ((found || state.again) && !isOver());
    // In the same breath as the last look: whoever asks from here on starts a run of their own.
    state.running = null;
    return total;
  }

  function run(budgetMs = DEFAULT_BUDGET_MS): Promise<PumpReport> {
    if (state.running) state.again = true;
    else state.running = drain(budgetMs);
    return state.running;
  }

  return { run };
}
