/** A table of work as the pump sees it: pieces that are leased, done, and given back when they fail. */
import { type Held, LAPSED, type Leases, MOST_LAPSES } from "@/lib/db/leases";
import { AppError, isAppError } from "@/lib/errors/app-error";
import { GiveUpError } from "@/lib/errors/give-up-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { NotYetError } from "@/lib/errors/not-yet-error";
import { errorFields, logger } from "@/lib/logger";
import { withRequestContext } from "@/lib/request-context";
import { type NextAttempt, nextAttempt } from "./backoff";

/** Within which all vendor calls of one piece of work have ended: time for a slow one and a few that are not. */
export const ITEM_MS = 15_000;
/** Well over that, and over the statements before and after, so that a live worker keeps what it leased. */
const LEASE_MS = 60_000;

/** A row of the table, leased. */
export interface WorkRow extends Held {
  /** This one counted. */
  attempts: number;
  bornAt: Date;
  /** How many leases on it ended by themselves in a row: their workers never came to an end. 0 where it was given back. */
  lapses: number;
}

/** A table of work. */
export interface WorkSource<Item> {
  name: string;
  /** Leases due items to this caller alone, so many at most; the oldest first. */
  claim(limit: number, leaseMs: number): Promise<Item[]>;
  /** What an item is made of, the first first: these are done together, and fail together. At least one. */
  rowsOf(item: Item): readonly [WorkRow, ...WorkRow[]];
  /** Of the request that caused the item, and of the event that it is; null where there is none. */
  contextOf(item: Item): { correlationId: string | null; eventId: string | null };
  /** Does the work and marks it done. Safe to be done again. */
  process(item: Item): Promise<void>;
  leases: Leases;
  /** Told when nothing is tried any more; must not throw. */
  onGivenUp?(item: Item): void;
}

/** A leased item. Neither rejects: what becomes of one is nothing to the others. */
export interface Piece {
  /** Does it, and says whether it is done; else it has been given back. */
  run(): Promise<boolean>;
  /** Lets go of it undone, for somebody else. */
  release(): Promise<void>;
}

/** Erases the item type, so that sources of several tables stand in one list. */
export interface Work {
  name: string;
  claim(limit: number): Promise<Piece[]>;
}

/** The class and our own words; a vendor's prose may carry personal data and stays out of the table. */
export function describeFailure(error: unknown): string {
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

const ageOf = ({ bornAt }: WorkRow) => Date.now() - bornAt.getTime();

type Rows = readonly [WorkRow, ...WorkRow[]];
type Decided = WorkRow & { next: NextAttempt };

/**
 * Rows that fail together come back together, as soon as the one that was tried least: something new is known of it.
 * Each is given up by its own age.
 */
function afterFailure(rows: Rows, error: unknown): Decided[] {
  const input = {
    attempts: Math.min(...rows.map(({ attempts }) => attempts)),
    // Every other failure is worth another try until its time is up: a fix may be deployed meanwhile.
    retryable: !(error instanceof GiveUpError),
    retryAfterMs: isIntegrationError(error) || error instanceof NotYetError ? error.retryAfterMs : null,
    heldBack: isHeldBack(error),
    random: Math.random(),
  };
  return rows.map((row) => ({ ...row, next: nextAttempt({ ...input, ageMs: ageOf(row) }) }));
}

/** One worker may stop for its own reasons: what has been begun once is begun again at once. */
const mayStopWorkers = ({ lapses, attempts }: WorkRow) => lapses > 0 && attempts > 2;

/** The others wait for as long as the one that was tried most, without having been tried. */
function afterLapse(rows: Rows): Decided[] {
  const stopping = rows.filter(mayStopWorkers);
  const input = {
    attempts: Math.max(...stopping.map(({ attempts }) => attempts)),
    ...{ retryAfterMs: null, heldBack: false, random: Math.random() },
  };
  const delay = nextAttempt({ ...input, retryable: true, ageMs: 0 });
  const wait: NextAttempt = { kind: "wait", delayMs: delay.kind === "dead" ? 0 : delay.delayMs };
  return rows.map((row) => {
    if (!mayStopWorkers(row)) return { ...row, next: wait };
    const retryable = row.lapses < MOST_LAPSES;
    return { ...row, next: nextAttempt({ ...input, retryable, ageMs: ageOf(row) }) };
  });
}

async function giveBack<Item>(
  source: WorkSource<Item>,
  item: Item,
  decided: readonly Decided[],
  error: unknown,
): Promise<void> {
  const back = new Set(await source.leases.giveBack(decided, describeFailure(error)));
  for (const { id, attempts, next } of decided) {
    const fields = { source: source.name, id, attempts, next, ...errorFields(error) };
    if (!back.has(id)) logger.warn(fields, "failed, and its lease was lost: somebody else has it");
    else if (next.kind === "dead") logger.error(fields, "gave up");
    else if (next.kind === "wait") logger.info(fields, "held back, will come again");
    else logger.warn(fields, "failed, will try again");
  }
  if (decided.some(({ id, next }) => next.kind === "dead" && back.has(id))) source.onGivenUp?.(item);
}

async function attempt<Item>(source: WorkSource<Item>, item: Item): Promise<boolean> {
  const rows = source.rowsOf(item);
  const isLapsed = rows.some(mayStopWorkers);
  try {
    if (isLapsed) throw new AppError("internal", { userMessage: "This has not ended.", logMessage: LAPSED });
    await source.process(item);
    return true;
  } catch (error) {
    const decided = isLapsed ? afterLapse(rows) : afterFailure(rows, error);
    await giveBack(source, item, decided, error).catch((second: unknown) => {
      const [{ id, attempts }] = rows;
      const fields = { source: source.name, id, attempts, ...errorFields(second) };
      logger.error(fields, "could not be given back, comes again when its lease is over");
    });
    return false;
  }
}

async function release<Item>(source: WorkSource<Item>, item: Item): Promise<void> {
  const rows = source.rowsOf(item);
  try {
    await source.leases.release(rows);
  } catch (error) {
    const fields = { source: source.name, id: rows[0].id, ...errorFields(error) };
    logger.error(fields, "could not be released, comes again when its lease is over");
  }
}

export function workFrom<Item>(source: WorkSource<Item>): Work {
  return {
    name: source.name,
    claim: async (limit) => {
      const items = await source.claim(limit, LEASE_MS);
      return items.map((item) => ({
        // In the background, whoever started the run; under the id of the request that caused the item.
        run: () =>
          withRequestContext({ origin: "background", overallMs: ITEM_MS, ...source.contextOf(item) }, () =>
            attempt(source, item),
          ),
        release: () => release(source, item),
      }));
    },
  };
}
