/**
 * One process's line to the store that all share: what was last read of it, whether it answers, and who decides while
 * it does not.
 */
import {
  type Circuit,
  type CircuitKey,
  type CircuitRules,
  circuitName,
  closedCircuit,
} from "./circuit-state";
import type { CircuitStore, Outcome } from "./circuit-store";
import type { Clock } from "./clock";
import type { PolicyHooks } from "./hooks";
import { createMemoryCircuitStore } from "./memory-circuit-store";

/** Older than this, what was read is read again before it is believed; from half of it on, ahead of time. */
const FRESH_MS = 1_000;
/** The longest that a call waits for the store, which is late from then on: what was last known of it holds. */
export const WAIT_MS = 50;
/** What the store has not answered by then is lost, and with it the store; and how often that is tried again. */
export const LOST_MS = 1_000;

export interface StoreLink {
  /** The circuit as it is known here, and which store decides on it: the shared one or, while that is lost, our own. */
  current(key: CircuitKey): { circuit: Circuit; decider: CircuitStore };
  /** Keeps what is known fresh; a promise where a call has to wait for that. */
  refresh(): Promise<void> | null;
  /** Reads all circuits anew, unless the store was lost just now; says whether it answered. Never rejects. */
  read(): Promise<boolean>;
  /** What a step at a store came to; null once it is lost. May take longer than a call waits. Never rejects. */
  take<T extends Outcome>(decider: CircuitStore, key: CircuitKey, step: Promise<T>): Promise<T | null>;
}

/** What was answered in time, or null. */
export function within<T>(clock: Clock, milliseconds: number, answer: Promise<T>): Promise<T | null> {
  return new Promise((resolve) => {
    const giveUp = clock.after(milliseconds, () => resolve(null));
    const end = (value: T | null) => {
      giveUp();
      resolve(value);
    };
    answer.then(end, () => end(null));
  });
}

export function createStoreLink(options: {
  store: CircuitStore;
  clock: Clock;
  rules: CircuitRules;
  hooks: Pick<PolicyHooks, "onTransition" | "onStore">;
}): StoreLink {
  const { store, clock, rules, hooks } = options;
  const known = new Map<string, Circuit>();
  /** What a reading under way may not overwrite: it may have looked before. */
  const learntMeanwhile = new Set<string>();
  let readAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<boolean> | null = null;
  /** Set while this process decides alone. It begins from what was last known. */
  let own: ReturnType<typeof createMemoryCircuitStore> | null = null;

  function lose(): void {
    if (own) return;
    triedAt = clock.now();
    own = createMemoryCircuitStore(clock, rules, known);
    hooks.onStore?.(false);
  }

  function believe(circuits: ReadonlyMap<string, Circuit>): void {
    readAt = clock.now();
    // A circuit that the store no longer knows (it was emptied) is forgotten here too.
    for (const name of known.keys()) if (!learntMeanwhile.has(name)) known.delete(name);
    for (const [name, circuit] of circuits) if (!learntMeanwhile.has(name)) known.set(name, circuit);
    if (!own) return;
    own = null;
    hooks.onStore?.(true);
  }

  function read(): Promise<boolean> {
    if (reading) return reading;
    const now = clock.now();
    if (own && Math.abs(now - triedAt) < LOST_MS) return Promise.resolve(false);
    triedAt = now;
    learntMeanwhile.clear();
    reading = within(clock, LOST_MS, store.read()).then((circuits) => {
      reading = null;
      if (circuits) believe(circuits);
      else lose();
      return circuits !== null;
    });
    return reading;
  }

  /** Until the reading has had its time, whoever began it: no call waits anew for one that takes too long. */
  async function waitFor(answer: Promise<boolean>): Promise<void> {
    // At most all of it, should the clock have been set back meanwhile.
    const leftMs = WAIT_MS - Math.max(0, clock.now() - triedAt);
    await within(clock, Math.max(0, leftMs), answer);
  }

  function learn(key: CircuitKey, { circuit, transition }: Outcome): void {
    const name = circuitName(key);
    const before = known.get(name);
    // Answers may overtake each other.
    if (!before || before.state.epoch <= circuit.state.epoch) {
      known.set(name, circuit);
      learntMeanwhile.add(name);
    }
    if (transition) hooks.onTransition?.(transition);
  }

  async function take<T extends Outcome>(
    decider: CircuitStore,
    key: CircuitKey,
    step: Promise<T>,
  ): Promise<T | null> {
    if (decider !== store) {
      const outcome = await step;
      if (outcome.transition) hooks.onTransition?.(outcome.transition);
      return outcome;
    }
    // However late it comes, it happened, and nobody else is told of the transition.
    step.then(
      (outcome) => learn(key, outcome),
      () => undefined,
    );
    const answer = await within(clock, LOST_MS, step);
    if (!answer) lose();
    return answer;
  }

  return {
    current: (key) =>
      own
        ? { circuit: own.peek(key), decider: own }
        : { circuit: known.get(circuitName(key)) ?? UNTOUCHED, decider: store },
    refresh: () => {
      if (own) {
        void read();
        return null;
      }
      // Also a clock that was set back makes it old.
      const ageMs = Math.abs(clock.now() - readAt);
      if (ageMs <= FRESH_MS / 2) return null;
      const answer = read();
      return ageMs > FRESH_MS ? waitFor(answer) : null;
    },
    read,
    take,
  };
}

/** What nobody has written of yet. */
const UNTOUCHED = closedCircuit(0);
