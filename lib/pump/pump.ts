/**
 * One idempotent function that does what is due. Started by ingress, actions, cron and a timer; none of them is the
 * guarantee, the rows are: leased, so that instances share the work, and rescheduled when it fails.
 */
import { errorFields, logger } from "@/lib/logger";
import { ITEM_MS, type Piece, type Work } from "./work";

/** Pieces at once; each needs a connection or two, and ingress shares the pool. */
const PARALLEL = 5;
/** Of one table: a vendor that is slow holds up its own work, and never all of the others'. */
const PARALLEL_OF_ONE = 4;
/** What a piece may take beside its vendor calls, for the statements around them. */
const STATEMENTS_MS = 3_000;
/** While something slow is under way: what has become due meanwhile does not wait for its end. */
const LOOK_AGAIN_MS = 1_000;
/** Well inside a serverless function's minute. */
const DEFAULT_BUDGET_MS = 40_000;

/** What a run needs from beginning to end: with less than that left, nothing is begun. */
export const LEAST_BUDGET_MS = ITEM_MS + STATEMENTS_MS;

export interface PumpReport {
  processed: number;
  failed: number;
}

export interface Pump {
  /**
   * Runs until nothing is due. It has ended within the budget (milliseconds): nothing is begun that could take longer,
   * and nothing at all with less than `LEAST_BUDGET_MS`. A call during a run joins it and makes it look once more.
   */
  run(budgetMs?: number): Promise<PumpReport>;
  /**
   * For the end of the process: nothing is claimed from now on. What is under way has so long (milliseconds) to end;
   * what has not by then is released, for another process to do at once.
   */
  stop(graceMs: number): Promise<void>;
}

interface UnderWay {
  piece: Piece;
  source: Work;
  ended: Promise<void>;
}

interface PumpState {
  running: Promise<PumpReport> | null;
  /** When the run must have ended. */
  deadline: number;
  isStopping: boolean;
  underWay: Set<UnderWay>;
  /** Grows whenever there may be more to do than was found. */
  stirred: number;
  /** Ends the loop's wait for something to end. */
  wake: () => void;
}

/** One a process: its bundles share it. */
export function createPumpState(): PumpState {
  const nobody = () => undefined;
  return {
    ...{ running: null, deadline: 0, isStopping: false },
    ...{ underWay: new Set(), stirred: 0, wake: nobody },
  };
}

export interface PumpOptions {
  state: PumpState;
  /** Told of each run; what it answers, at the end of one that could look at every source. Failures are logged. */
  onRun?: () => Promise<() => Promise<void>>;
}

/** Resolves after so long, or when told to. */
function pause(milliseconds: number): { over: Promise<void>; end: () => void } {
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    end = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { over, end };
}

export function createPump(sources: readonly Work[], { state, onRun }: PumpOptions): Pump {
  const share = sources.length > 1 ? PARALLEL_OF_ONE : PARALLEL;
  /** As of which stirring there was nothing left in a source. */
  const emptyAt = new Map<Work, number>();

  const mayBegin = () => !state.isStopping && state.deadline - Date.now() >= LEAST_BUDGET_MS;
  const roomFor = (source: Work) => {
    const taken = [...state.underWay].filter((one) => one.source === source).length;
    return Math.min(PARALLEL - state.underWay.size, share - taken);
  };
  const isWorthAsking = (source: Work) => emptyAt.get(source) !== state.stirred && roomFor(source) > 0;

  function begin(piece: Piece, source: Work, total: PumpReport): void {
    const one: UnderWay = { piece, source, ended: Promise.resolve() };
    state.underWay.add(one);
    one.ended = piece.run().then((isDone) => {
      state.underWay.delete(one);
      if (isDone) total.processed += 1;
      else total.failed += 1;
      // What failed is due later; only a success says that more may be due now: what it caused, or what waited for it.
      if (isDone) state.stirred += 1;
    });
  }

  /** Claims and begins as much as there is room for; says whether the source could be asked. */
  async function fill(source: Work, total: PumpReport): Promise<boolean> {
    // Whoever stirs while the claim is under way may mean what it did not see.
    const askedAt = state.stirred;
    let pieces: Piece[];
    try {
      pieces = await source.claim(roomFor(source));
    } catch (error) {
      // A source whose table cannot be reached does not keep the others from their work.
      logger.error({ source: source.name, ...errorFields(error) }, "could not claim work");
      emptyAt.set(source, askedAt);
      return false;
    }
    if (pieces.length === 0) emptyAt.set(source, askedAt);
    if (state.isStopping) await Promise.all(pieces.map((piece) => piece.release()));
    else for (const piece of pieces) begin(piece, source, total);
    return true;
  }

  /** Until something ends, somebody asks, or a while is over. */
  async function waitForRoom(): Promise<void> {
    const { over, end } = pause(LOOK_AGAIN_MS);
    state.wake = end;
    const ended = Promise.race([...state.underWay].map((one) => one.ended));
    const isRoom = await Promise.race([ended.then(() => true), over.then(() => false)]);
    end();
    if (!isRoom) state.stirred += 1;
  }

  /** Until nothing is due or the time is up. Says whether every source could be asked each time. */
  async function drain(total: PumpReport): Promise<boolean> {
    let areReachable = true;
    for (let first = 0; ; first += 1) {
      // Each in its turn has the first go at the room that there is.
      const inTurn = [...sources.slice(first % sources.length), ...sources.slice(0, first % sources.length)];
      for (const source of inTurn) {
        if (mayBegin() && isWorthAsking(source)) areReachable = (await fill(source, total)) && areReachable;
      }
      const isMore = mayBegin() && sources.some(isWorthAsking);
      if (isMore) continue;
      if (state.underWay.size > 0) await waitForRoom();
      else {
        // In the same breath as the last look: whoever asks from here on starts a run of their own.
        state.running = null;
        return areReachable;
      }
    }
  }

  async function drainAndNote(): Promise<PumpReport> {
    const total: PumpReport = { processed: 0, failed: 0 };
    const failed = (error: unknown) =>
      logger.error(errorFields(error), "a run of the pump could not be noted");
    const noted = onRun?.().catch(failed);
    const areReachable = await drain(total);
    const note = await noted;
    if (areReachable) await note?.().catch(failed);
    return total;
  }

  return {
    run: (budgetMs = DEFAULT_BUDGET_MS) => {
      if (state.isStopping || budgetMs < LEAST_BUDGET_MS) return Promise.resolve({ processed: 0, failed: 0 });
      const deadline = Date.now() + budgetMs;
      state.stirred += 1;
      // Whoever joins has no longer than they have; what is left then is done by the next.
      state.deadline = state.running ? Math.min(state.deadline, deadline) : deadline;
      state.wake();
      state.running ??= Promise.resolve().then(drainAndNote);
      return state.running;
    },
    stop: async (graceMs) => {
      state.isStopping = true;
      state.wake();
      const { over, end } = pause(graceMs);
      await Promise.race([state.running, over]);
      end();
      await Promise.all([...state.underWay].map(({ piece }) => piece.release()));
    },
  };
}
