/**
 * The circuit breaker's states and the pure steps between them. Every store (memory, Postgres) takes the same steps;
 * one contract suite holds them to it. Nygard, "Release It!", 2nd edition, chapter 5; the names are the field's.
 */
import type { IntegrationErrorKind } from "@/lib/errors/integration-error";
import type { Effect } from "./call";

/** One breaker per provider, mode and effect: a sandbox's outage says nothing of the real vendor. */
export interface CircuitKey {
  provider: string;
  mode: string;
  effect: Effect;
}

export function circuitName({ provider, mode, effect }: CircuitKey): string {
  return `${provider}/${mode}/${effect}`;
}

/** Why a circuit is not closed: what its last failure was, or an operator's hand. */
export type CircuitCause = IntegrationErrorKind | "operator";

/** Times are milliseconds of the reader's clock. An epoch begins with each transition. */
export type CircuitState =
  | { kind: "closed"; epoch: number; since: number }
  | {
      kind: "open";
      epoch: number;
      since: number;
      cause: CircuitCause;
      /** From when on one probe may go; null while an operator holds it open. */
      probeAt: number | null;
    }
  | {
      kind: "half_open";
      epoch: number;
      since: number;
      cause: CircuitCause;
      /** Who probes, and until when the others wait for the outcome. */
      probe: { owner: string; leaseUntil: number };
    };

export interface Circuit {
  state: CircuitState;
  /** Until when the vendor asked to be left alone (429); null for never. */
  throttledUntil: number | null;
}

export interface CircuitRules {
  /** Milliseconds of calls that are looked at. */
  windowMs: number;
  /** So many failures and such a share of calls, both, open the circuit. */
  minimumFailures: number;
  failureShare: number;
  /** Milliseconds until a probe may go. */
  openMs: number;
  /** Milliseconds that the others wait for a probe whose process may have died. */
  probeLeaseMs: number;
}

export const CIRCUIT_RULES: CircuitRules = {
  windowMs: 30_000,
  minimumFailures: 5,
  failureShare: 0.5,
  openMs: 30_000,
  // A little more than the longest attempt.
  probeLeaseMs: 12_000,
};

/** Calls that have ended, begun under one epoch and not reported before. */
export interface CallCounts {
  epoch: number;
  calls: number;
  failures: number;
  /** Of the latest failure; null where there is none. */
  cause: IntegrationErrorKind | null;
}

export function reachesThreshold(
  seen: { calls: number; failures: number },
  rules: CircuitRules = CIRCUIT_RULES,
): boolean {
  return seen.failures >= rules.minimumFailures && seen.failures >= rules.failureShare * seen.calls;
}

export function closedCircuit(now: number): Circuit {
  return { state: { kind: "closed", epoch: 0, since: now }, throttledUntil: null };
}

export function opened(
  circuit: Circuit,
  input: { now: number; cause: CircuitCause; rules?: CircuitRules },
): Circuit {
  const { now, cause, rules = CIRCUIT_RULES } = input;
  const probeAt = cause === "operator" ? null : now + rules.openMs;
  return { ...circuit, state: { kind: "open", epoch: circuit.state.epoch + 1, since: now, cause, probeAt } };
}

export function closed(circuit: Circuit, now: number): Circuit {
  return { ...circuit, state: { kind: "closed", epoch: circuit.state.epoch + 1, since: now } };
}

/** Whether an operator holds it open: no probe ends that. */
export function isHeldOpen(state: CircuitState): boolean {
  return state.kind === "open" && state.cause === "operator";
}

/** Whether somebody may take the probe now: the open time is over, or the last prober's lease is. */
export function isProbeDue(state: CircuitState, now: number): boolean {
  if (state.kind === "open") return state.probeAt !== null && state.probeAt <= now;
  return state.kind === "half_open" && state.probe.leaseUntil <= now;
}

export function probing(circuit: Circuit, input: { now: number; owner: string; leaseMs: number }): Circuit {
  const { state } = circuit;
  if (state.kind === "closed") return circuit;
  const probe = { owner: input.owner, leaseUntil: input.now + input.leaseMs };
  return {
    ...circuit,
    state: { kind: "half_open", epoch: state.epoch + 1, since: input.now, cause: state.cause, probe },
  };
}

/** When a call that meets this circuit may be worth making, in milliseconds from now; null for "nobody knows". */
export function waitMs(state: CircuitState, now: number): number | null {
  if (state.kind === "closed") return 0;
  const at = state.kind === "open" ? state.probeAt : state.probe.leaseUntil;
  return at === null ? null : Math.max(0, at - now);
}
