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
/** Of one table while the process is busy: more at once would end no sooner, and pages are answered by it too. */
const PARALLEL_WHILE_BUSY = 2;
/** What a piece may take beside its vendor calls, for the statements around them. */
const STATEMENTS_MS = 3_000;
/** While something slow is under way: what has become due meanwhile does not wait for its end. */
const LOOK_AGAIN_MS = 1_000;
/**
 * A table that had nothing is left alone for so long, however often somebody asks: at a busy ingress each event does.
 * Twice as long each time that it has nothing again, up to the latter.
 */
const EMPTY_FOR_MS = 25;
const EMPTY_FOR_AT_MOST_MS = 400;
/** For so long the place of a piece that has ended waits for a second one: a claim costs the same for one and for all. */
const GATHER_MS = 20;
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
  /** Makes a run that is under way look once more; says whether there is one that can still begin something. */
  stir(): boolean;
  /** Whether the last run ended for want of time, and may have left something. */
  isAnythingLeft(): boolean;
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
  isAnythingLeft: boolean;
  /** Ends the loop's wait for something to end. */
  wake: () => void;
}

/** One a process: its bundles share it. */
export function createPumpState(): PumpState {
  const nobody = () => undefined;
  return {
    ...{ running: null, deadline: 0, isStopping: false },
    ...{ underWay: new Set(), stirred: 0, isAnythingLeft: false, wake: nobody },
  };
}

export interface PumpOptions {
  state: PumpState;
  /** Told of each run; what it answers, at the end of one that could look at every source. Failures are logged. */
  onRun?: () => Promise<() => Promise<void>>;
  /** Whether the process has enough to do as it is. */
  isBusy?: () => boolean;
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

const earlier = (a: number | null, b: number | null) =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

export function createPump(
  sources: readonly Work[],
  { state, onRun, isBusy = () => false }: PumpOptions,
): Pump {
  const share = () => {
    if (isBusy()) return PARALLEL_WHILE_BUSY;
    return sources.length > 1 ? PARALLEL_OF_ONE : PARALLEL;
  };
  /** As of which stirring there was nothing left in a source, and until when it is left alone. */
  const empty = new Map<Work, { stirred: number; forMs: number; until: number }>();
  /** Of which there is probably more: the last claim brought all that was asked for. */
  const plenty = new Set<Work>();

  const mayBegin = () => !state.isStopping && state.deadline - Date.now() >= LEAST_BUDGET_MS;
  const roomFor = (source: Work) => {
    const taken = [...state.underWay].filter((one) => one.source === source).length;
    return Math.min(PARALLEL - state.underWay.size, share() - taken);
  };
  /** In how many milliseconds a source is worth asking: 0 is now; null while nothing new is known of it. */
  const worthAskingIn = (source: Work): number | null => {
    if (roomFor(source) <= 0) return null;
    const seen = empty.get(source);
    if (seen === undefined) return 0;
    return seen.stirred === state.stirred ? null : Math.max(0, seen.until - performance.now());
  };
  const isWorthAsking = (source: Work) => worthAskingIn(source) === 0;
  const soonest = () => sources.map(worthAskingIn).reduce(earlier, null);

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
    const { stirred } = state;
    const nothing = () => {
      const before = empty.get(source)?.forMs ?? 0;
      const forMs = Math.min(Math.max(before * 2, EMPTY_FOR_MS), EMPTY_FOR_AT_MOST_MS);
      empty.set(source, { stirred, forMs, until: performance.now() + forMs });
    };
    const room = roomFor(source);
    // It was there a moment ago; the process has become busy since.
    if (room <= 0) return true;
    let pieces: Piece[];
    try {
      pieces = await source.claim(room);
    } catch (error) {
      // A source whose table cannot be reached does not keep the others from their work.
      logger.error({ source: source.name, ...errorFields(error) }, "could not claim work");
      nothing();
      return false;
    }
    if (pieces.length === 0) nothing();
    else empty.delete(source);
    if (pieces.length === room) plenty.add(source);
    else plenty.delete(source);
    if (state.isStopping) await Promise.all(pieces.map((piece) => piece.release()));
    else for (const piece of pieces) begin(piece, source, total);
    return true;
  }

  /** Until a second piece has ended, or it has taken too long. */
  async function gather(): Promise<void> {
    const { over, end } = pause(GATHER_MS);
    await Promise.race([...state.underWay].map((one) => one.ended).concat(over));
    end();
  }

  /** Until something ends, somebody asks, a source is worth asking again, or a while is over. */
  async function waitForMore(): Promise<void> {
    const again = mayBegin() ? soonest() : null;
    const { over, end } = pause(again ?? LOOK_AGAIN_MS);
    const until = again === null ? Number.POSITIVE_INFINITY : performance.now() + again;
    // Where everything is taken, or looked at again soon anyway, whoever asks changes nothing.
    state.wake = () => {
      const next = mayBegin() ? soonest() : null;
      if (state.isStopping || (next !== null && performance.now() + next < until)) end();
    };
    const ended = [...state.underWay].map((one) => one.ended);
    const isRoom = await Promise.race([...ended.map((end) => end.then(() => true)), over.then(() => false)]);
    end();
    if (isRoom && plenty.size > 0 && state.underWay.size > 0 && mayBegin()) await gather();
    if (!isRoom && again === null) state.stirred += 1;
  }

  /** Until nothing is due or the time is up. Says whether every source could be asked each time. */
  async function drain(total: PumpReport): Promise<boolean> {
    let areReachable = true;
    // Whoever begins a run is not kept waiting by what another one saw.
    empty.clear();
    plenty.clear();
    for (let first = 0; ; first += 1) {
      // Each in its turn has the first go at the room that there is.
      const inTurn = [...sources.slice(first % sources.length), ...sources.slice(0, first % sources.length)];
      for (const source of inTurn) {
        if (mayBegin() && isWorthAsking(source)) areReachable = (await fill(source, total)) && areReachable;
      }
      if (mayBegin() && sources.some(isWorthAsking)) continue;
      if (state.underWay.size > 0 || (mayBegin() && soonest() !== null)) await waitForMore();
      else {
        // In the same breath as the last look: whoever asks from here on starts a run of their own.
        state.running = null;
        state.isAnythingLeft = sources.some((source) => empty.get(source)?.stirred !== state.stirred);
        return areReachable;
      }
    }
  }

  async function drainAndNote(): Promise<PumpReport> {
    const total: PumpReport = { processed: 0, failed: 0 };
    const failed = (error: unknown) =>
      logger.error(errorFields(error), "a run of the pump could not be noted");
    const noted = onRun?.().catch(failed);
    const areReachable = await drain(total).catch((error: unknown) => {
      state.running = null;
      throw error;
    });
    const note = await noted;
    if (areReachable) await note?.().catch(failed);
    return total;
  }

  function stir(): boolean {
    state.stirred += 1;
    state.wake();
    return state.running !== null && mayBegin();
  }

  function run(budgetMs = DEFAULT_BUDGET_MS): Promise<PumpReport> {
    if (state.isStopping || budgetMs < LEAST_BUDGET_MS) return Promise.resolve({ processed: 0, failed: 0 });
    const deadline = Date.now() + budgetMs;
    // One whose time is up only waits for what it has begun: what is due by now is for the next.
    if (state.running && !mayBegin()) return state.running.then(() => run(deadline - Date.now()));
    // Whoever joins has no longer than they have; what is left then is done by the next.
    state.deadline = state.running ? Math.min(state.deadline, deadline) : deadline;
    stir();
    state.running ??= Promise.resolve().then(drainAndNote);
    return state.running;
  }

  return {
    run,
    stir,
    isAnythingLeft: () => state.isAnythingLeft,
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
