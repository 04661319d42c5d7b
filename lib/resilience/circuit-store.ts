/** Where circuits live: in this process's memory, or in the database that all instances share. */
import type { CallCounts, Circuit, CircuitCause, CircuitKey, CircuitState } from "./circuit-state";

/**
 * How a probe ended. "released": nobody learnt anything, so another may probe at once. A circuit that is closed on
 * trial begins with all the failures in its window that it may have: one more opens it, and successes or time clear it.
 */
export type ProbeResult =
  | { kind: "passed"; onTrial?: boolean }
  | { kind: "failed"; cause: CircuitCause }
  | { kind: "released" };

/** A step from one state to another; reported to exactly one of the processes that share the store. */
export interface Transition {
  key: CircuitKey;
  from: CircuitState["kind"];
  to: CircuitState["kind"];
  cause: CircuitCause | null;
}

export interface Outcome {
  circuit: Circuit;
  /** Null where this call changed no state: another was earlier, or there was nothing to change. */
  transition: Transition | null;
}

/**
 * Conditional steps only: each names what it starts from (an epoch, an owner), and changes nothing where that is no
 * longer so. Times come from the store's clock and are given in the reader's milliseconds. Methods reject when the
 * store cannot be reached; the breaker then decides alone.
 */
export interface CircuitStore {
  /** Every circuit that was ever anything but closed, by `circuitName`. */
  read(): Promise<ReadonlyMap<string, Circuit>>;
  /** Adds ended calls to the fleet's window and opens the circuit where that reaches the threshold. */
  record(key: CircuitKey, counts: CallCounts): Promise<Outcome>;
  /** Takes the probe for `owner`, if it is due; `acquired` for one caller alone. */
  acquireProbe(
    key: CircuitKey,
    probe: { owner: string; leaseMs: number },
  ): Promise<Outcome & { acquired: boolean }>;
  /** Ends a probe, where `owner` still holds it. */
  settleProbe(key: CircuitKey, probe: { owner: string; result: ProbeResult }): Promise<Outcome>;
  /** The vendor asks to be left alone for so long; a later moment wins over an earlier one. */
  throttle(key: CircuitKey, milliseconds: number): Promise<Outcome>;
  /**
   * An operator's hand: "open" holds it open, "close" and "reset" close it; "reset" also forgets throttling. Either
   * begins a new epoch, so that nothing counted before matters.
   */
  override(key: CircuitKey, action: "open" | "close" | "reset"): Promise<Outcome>;
}
