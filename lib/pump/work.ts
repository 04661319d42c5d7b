/** A table of work as the pump sees it: pieces that are leased, done, and given back when they fail. */
import type { Held, Leases } from "@/lib/db/leases";
import { isAppError } from "@/lib/errors/app-error";
import { GiveUpError } from "@/lib/errors/give-up-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { NotYetError } from "@/lib/errors/not-yet-error";
import { errorFields, logger } from "@/lib/logger";
import { withRequestContext } from "@/lib/request-context";
import { isPastGivingUp, nextAttempt } from "./backoff";

/** Within which all vendor calls of one piece of work have ended: time for a slow one and a few that are not. */
export const ITEM_MS = 15_000;
/** Well over that, and over the statements before and after, so that a live worker keeps what it leased. */
const LEASE_MS = 60_000;

/** A row of the table, leased. */
export interface WorkRow extends Held {
  /** This one counted. */
  attempts: number;
  bornAt: Date;
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

const ageOf = ({ bornAt }: WorkRow) => Date.now() - bornAt.getTime();

/**
 * Rows that fail together come back together, as soon as the one that was tried least: something new is known of it.
 * Each is given up by its own age.
 */
async function giveBack<Item>(source: WorkSource<Item>, item: Item, error: unknown): Promise<void> {
  const rows = source.rowsOf(item);
  const input = {
    attempts: Math.min(...rows.map(({ attempts }) => attempts)),
    // Every other failure is worth another try until its time is up: a fix may be deployed meanwhile.
    retryable: !(error instanceof GiveUpError),
    retryAfterMs: isIntegrationError(error) || error instanceof NotYetError ? error.retryAfterMs : null,
    heldBack: isHeldBack(error),
    random: Math.random(),
  };
  const decided = rows.map((row) => ({
    ...row,
    next: nextAttempt({ ...input, ageMs: ageOf(row) }),
  }));
  const back = new Set(await source.leases.giveBack(decided, describe(error)));
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
  try {
    if (source.rowsOf(item).every((row) => isPastGivingUp({ ...row, ageMs: ageOf(row) }))) {
      throw new GiveUpError("its workers stopped before it had ended, for longer than anything is tried");
    }
    await source.process(item);
    return true;
  } catch (error) {
    await giveBack(source, item, error).catch((second: unknown) => {
      const [{ id, attempts }] = source.rowsOf(item);
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
