/** Circuits in this process's memory: for a single process, for tests, and for when the shared store is out of reach. */
import {
  type CallCounts,
  CIRCUIT_RULES,
  type Circuit,
  type CircuitKey,
  type CircuitRules,
  circuitName,
  closed,
  closedCircuit,
  isHeldOpen,
  isProbeDue,
  opened,
  probing,
  reachesThreshold,
} from "./circuit-state";
import type { CircuitStore, Outcome } from "./circuit-store";
import type { Clock } from "./clock";

interface Entry {
  circuit: Circuit;
  /** Of the present epoch, oldest first. */
  slots: { at: number; calls: number; failures: number }[];
}

/** Calls within so many milliseconds share a slot: the window is exact to this. */
const SLOT_MS = 1_000;

export interface MemoryCircuitStore extends CircuitStore {
  /** The circuit as it is now, without waiting. */
  peek(key: CircuitKey): Circuit;
}

/** @param initial what another store last said, by `circuitName`; its windows begin empty */
export function createMemoryCircuitStore(
  clock: Clock,
  rules: CircuitRules = CIRCUIT_RULES,
  initial: ReadonlyMap<string, Circuit> = new Map(),
): MemoryCircuitStore {
  const entries = new Map<string, Entry>(
    [...initial].map(([name, circuit]) => [name, { circuit, slots: [] }]),
  );

  function entryOf(key: CircuitKey): Entry {
    const name = circuitName(key);
    const known = entries.get(name);
    if (known) return known;
    const entry: Entry = { circuit: closedCircuit(clock.now()), slots: [] };
    entries.set(name, entry);
    return entry;
  }

  /** Takes a step; a new epoch begins with an empty window. */
  function step(key: CircuitKey, entry: Entry, next: Circuit): Outcome {
    const from = entry.circuit.state;
    entry.circuit = next;
    if (next.state.epoch === from.epoch) return { circuit: next, transition: null };
    entry.slots = [];
    const to = next.state;
    const cause = to.kind === "closed" ? (from.kind === "closed" ? null : from.cause) : to.cause;
    return { circuit: next, transition: { key, from: from.kind, to: to.kind, cause } };
  }

  /** The window with these calls in it. */
  function add(entry: Entry, { calls, failures }: CallCounts): { calls: number; failures: number } {
    const now = clock.now();
    const newest = entry.slots.at(-1);
    if (newest && Math.abs(now - newest.at) < SLOT_MS) {
      newest.calls += calls;
      newest.failures += failures;
    } else entry.slots.push({ at: now, calls, failures });
    // What is ahead of a clock that was set back has left the window as well.
    while (entry.slots[0] && Math.abs(now - entry.slots[0].at) >= rules.windowMs) entry.slots.shift();
    const seen = { calls: 0, failures: 0 };
    for (const slot of entry.slots) {
      seen.calls += slot.calls;
      seen.failures += slot.failures;
    }
    return seen;
  }

  return {
    peek: (key) => entryOf(key).circuit,
    read: async () => new Map([...entries].map(([name, { circuit }]) => [name, circuit])),
    record: async (key, counts) => {
      const entry = entryOf(key);
      const { circuit } = entry;
      const stays: Outcome = { circuit, transition: null };
      if (circuit.state.kind !== "closed" || circuit.state.epoch !== counts.epoch) return stays;
      const seen = add(entry, counts);
      if (counts.failures === 0 || !reachesThreshold(seen, rules)) return stays;
      return step(
        key,
        entry,
        opened(circuit, { now: clock.now(), cause: counts.cause ?? "unavailable", rules }),
      );
    },
    acquireProbe: async (key, { owner, leaseMs }) => {
      const entry = entryOf(key);
      const now = clock.now();
      if (!isProbeDue(entry.circuit.state, now))
        return { circuit: entry.circuit, transition: null, acquired: false };
      return { ...step(key, entry, probing(entry.circuit, { now, owner, leaseMs })), acquired: true };
    },
    settleProbe: async (key, { owner, result }) => {
      const entry = entryOf(key);
      const { circuit } = entry;
      const now = clock.now();
      if (circuit.state.kind !== "half_open" || circuit.state.probe.owner !== owner)
        return { circuit, transition: null };
      if (result.kind === "passed") {
        const outcome = step(key, entry, closed(circuit, now));
        const failures = rules.minimumFailures - 1;
        if (result.onTrial) entry.slots.push({ at: now, calls: failures, failures });
        return outcome;
      }
      const cause = result.kind === "failed" ? result.cause : circuit.state.cause;
      // Nothing was learnt from a probe that was released: the next one may go at once.
      const openMs = result.kind === "failed" ? rules.openMs : 0;
      return step(key, entry, opened(circuit, { now, cause, rules: { ...rules, openMs } }));
    },
    throttle: async (key, milliseconds) => {
      const entry = entryOf(key);
      const until = Math.max(entry.circuit.throttledUntil ?? 0, clock.now() + milliseconds);
      return step(key, entry, { ...entry.circuit, throttledUntil: until });
    },
    override: async (key, action) => {
      const entry = entryOf(key);
      const now = clock.now();
      if (action === "open") {
        if (isHeldOpen(entry.circuit.state)) return { circuit: entry.circuit, transition: null };
        return step(key, entry, opened(entry.circuit, { now, cause: "operator" }));
      }
      const next = closed(entry.circuit, now);
      return step(key, entry, action === "reset" ? { ...next, throttledUntil: null } : next);
    },
  };
}
