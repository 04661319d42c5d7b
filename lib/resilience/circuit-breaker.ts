/**
 * Circuit breakers of one process over a store that all processes share.
 *
 * A call is let through or refused by what was last read of the store (at most a second old), so that a healthy call
 * costs the store nothing: reading is single-flight for all circuits together and runs ahead in the background.
 * Failures are reported at once, off the path of the answer; successes with the next report or `flush`. A store that
 * is late costs one call 50 ms, once, and the last that is known of it holds. One that has failed or taken a second is
 * lost: from then on this process decides alone, and tries the store again in the background once a second.
 */
import type { IntegrationErrorKind } from "@/lib/errors/integration-error";
import { type CallReport, createCallReport } from "./call-report";
import {
  type CallCounts,
  CIRCUIT_RULES,
  type Circuit,
  type CircuitCause,
  type CircuitKey,
  type CircuitRules,
  circuitName,
  isProbeDue,
  waitMs,
} from "./circuit-state";
import type { CircuitStore, ProbeResult } from "./circuit-store";
import type { Clock } from "./clock";
import type { PolicyHooks } from "./hooks";
import { createStoreLink, LOST_MS, type StoreLink, WAIT_MS, within } from "./store-link";

/** Milliseconds. A vendor that asks for longer is asked again after this; it may have meant one limit of many. */
const LONGEST_THROTTLE_MS = 600_000;
/** Milliseconds that a probe, granted when nobody waited for it any more, is kept for this process's next call. */
const KEEP_MS = 1_000;

/** Leave to make one call, to be settled with how it ended. */
export interface Admitted {
  kind: "admitted";
  epoch: number;
  /** Which store let it through: the shared one, or the process's own while that is lost. */
  decider: CircuitStore;
  /** Set for the one call that probes. */
  probeOwner: string | null;
  /** A probe that stands in for what the circuit is of: should it pass, the circuit has yet to prove itself. */
  isStandIn: boolean;
}

interface Refused {
  kind: "refused";
  cause: CircuitCause;
  retryAfterMs: number | null;
}

export type Admission = Admitted | Refused | { kind: "throttled"; retryAfterMs: number };

/** How an admitted call ended, as far as the vendor's health goes. */
export type CallResult =
  | { kind: "healthy" }
  | { kind: "failed"; cause: IntegrationErrorKind }
  /** 429: alive, but wants to be left alone; null where it did not say for how long. */
  | { kind: "throttled"; retryAfterMs: number | null }
  /** Nothing was learnt: stopped by the caller, or never sent. */
  | { kind: "unknown" };

export interface CircuitBreaker {
  /** Answers without waiting wherever what is known is fresh. */
  admit(): Admission | Promise<Admission>;
  /** The same for a read that is only made in order to probe: refused unless it is the probe. */
  admitProbe(): Promise<Admission>;
  /** The refusal that a call would meet now, if it would; takes nothing, a probe that is due least of all. */
  refusal(): Promise<Refused | null>;
  settle(admitted: Admitted, result: CallResult): void;
}

export interface CircuitBreakers {
  /** One for each key, however often it is asked for. */
  breaker(key: CircuitKey): CircuitBreaker;
  /** Reports what is not reported yet, and reads anew. Never rejects. */
  flush(): Promise<void>;
}

export interface CircuitBreakersOptions {
  store: CircuitStore;
  clock: Clock;
  /** A new owner of a probe: a UUID. */
  newOwner: () => string;
  rules?: CircuitRules;
  hooks?: Pick<PolicyHooks, "onTransition" | "onStore">;
}

export function createCircuitBreakers(options: CircuitBreakersOptions): CircuitBreakers {
  const { store, clock, newOwner, rules = CIRCUIT_RULES, hooks = {} } = options;
  const link = createStoreLink({ store, clock, rules, hooks });
  const breakers = new Map<string, { breaker: CircuitBreaker; report: CallReport }>();

  function create(key: CircuitKey) {
    const report = createCallReport({
      clock,
      windowMs: rules.windowMs,
      send: (counts) => record(key, counts),
    });
    return { report, breaker: createBreaker({ key, store, link, clock, newOwner, rules, report }) };
  }

  /** What the store has not taken when it is lost is counted here. */
  async function record(key: CircuitKey, counts: CallCounts): Promise<void> {
    const { decider } = link.current(key);
    if (await link.take(decider, key, decider.record(key, counts))) return;
    const { decider: next } = link.current(key);
    if (next !== store) await link.take(next, key, next.record(key, counts));
  }

  return {
    breaker: (key) => {
      const name = circuitName(key);
      const known = breakers.get(name) ?? create(key);
      breakers.set(name, known);
      return known.breaker;
    },
    flush: async () => {
      if (!(await link.read())) return;
      await Promise.all([...breakers.values()].map(({ report }) => report.flush()));
    },
  };
}

interface BreakerParts {
  key: CircuitKey;
  store: CircuitStore;
  link: StoreLink;
  report: CallReport;
  clock: Clock;
  newOwner: () => string;
  rules: CircuitRules;
}

function createBreaker({ key, store, link, report, clock, newOwner, rules }: BreakerParts): CircuitBreaker {
  /** While one call of this process asks for the probe, the others need not. */
  let isAsking = false;
  let kept: Admitted | null = null;

  /** @param patienceMs how long the call waits for the answer */
  async function askForProbe(patienceMs: number): Promise<Admission> {
    const { decider } = link.current(key);
    const probeOwner = newOwner();
    isAsking = true;
    const step = decider.acquireProbe(key, { owner: probeOwner, leaseMs: rules.probeLeaseMs });
    const asked = link.take(decider, key, step).finally(() => {
      isAsking = false;
    });
    const grantedIn = (circuit: Circuit): Admitted => ({
      kind: "admitted",
      epoch: circuit.state.epoch,
      decider,
      probeOwner,
      isStandIn: false,
    });
    const answer = await within(clock, patienceMs, asked);
    if (answer?.acquired) return grantedIn(answer.circuit);
    const { circuit, decider: next } = answer ? { circuit: answer.circuit, decider } : link.current(key);
    const decision = decide({ circuit, decider: next, now: clock.now() });
    if (!answer && next === decider)
      void asked.then((late) => late?.acquired && keep(grantedIn(late.circuit)));
    if (decision.kind !== "due") return decision;
    // Lost on the way: this process's own store decides. Else the answer is late, or it is not yet due by the store's.
    return next === decider ? decision.meanwhile : askForProbe(patienceMs);
  }

  function keep(probe: Admitted): void {
    kept = probe;
    clock.after(KEEP_MS, () => {
      if (kept !== probe) return;
      kept = null;
      settle(probe, { kind: "unknown" });
    });
  }

  function count(epoch: number, cause: IntegrationErrorKind | null): void {
    const { circuit, decider } = link.current(key);
    if (epoch !== circuit.state.epoch) return;
    if (decider === store) report.count(epoch, cause);
    else
      void link.take(decider, key, decider.record(key, { epoch, calls: 1, failures: cause ? 1 : 0, cause }));
  }

  function throttle(retryAfterMs: number | null): void {
    // Also false for what is not a number.
    if (retryAfterMs === null || !(retryAfterMs > 0)) return;
    const { decider } = link.current(key);
    void link.take(decider, key, decider.throttle(key, Math.min(retryAfterMs, LONGEST_THROTTLE_MS)));
  }

  function settle({ decider, epoch, probeOwner, isStandIn }: Admitted, result: CallResult): void {
    if (result.kind === "throttled") throttle(result.retryAfterMs);
    // What an own store let through before it was replaced is not heard.
    if (decider !== store && decider !== link.current(key).decider) return;
    if (probeOwner !== null) {
      const probe = { owner: probeOwner, result: probeResult(result, isStandIn) };
      void link.take(decider, key, decider.settleProbe(key, probe));
    } else if (result.kind !== "unknown") count(epoch, result.kind === "failed" ? result.cause : null);
  }

  function admitNow(patienceMs = WAIT_MS): Admission | Promise<Admission> {
    const { circuit, decider } = link.current(key);
    if (kept) {
      const probe = kept;
      kept = null;
      if (probe.decider === decider) return probe;
    }
    const decision = decide({ circuit, decider, now: clock.now() });
    if (decision.kind !== "due") return decision;
    return isAsking ? decision.meanwhile : askForProbe(patienceMs);
  }

  return {
    admit: () => {
      const wait = link.refresh();
      return wait ? wait.then(() => admitNow()) : admitNow();
    },
    admitProbe: async () => {
      await link.refresh();
      // Nobody waits for it: a store that is always late shall not keep a circuit from closing.
      const admission = await admitNow(LOST_MS);
      if (admission.kind !== "admitted") return admission;
      if (admission.probeOwner === null) return { kind: "refused", cause: "unavailable", retryAfterMs: 0 };
      return { ...admission, isStandIn: key.effect === "write" };
    },
    refusal: async () => {
      await link.refresh();
      const decision = decide({ ...link.current(key), now: clock.now() });
      return decision.kind === "refused" ? decision : null;
    },
    settle,
  };
}

interface Known {
  circuit: Circuit;
  decider: CircuitStore;
  now: number;
}

/** The answer to a call, or that it may ask for the probe; refused meanwhile. */
function decide({ circuit, decider, now }: Known): Admission | { kind: "due"; meanwhile: Refused } {
  const { state, throttledUntil } = circuit;
  const throttleMs = throttledUntil === null ? 0 : throttledUntil - now;
  if (state.kind !== "closed") {
    const openMs = waitMs(state, now);
    const retryAfterMs = openMs === null ? null : Math.max(openMs, throttleMs);
    const meanwhile: Refused = { kind: "refused", cause: state.cause, retryAfterMs };
    // The vendor's wish to be left alone holds for a probe as well.
    return isProbeDue(state, now) && throttleMs <= 0 ? { kind: "due", meanwhile } : meanwhile;
  }
  if (throttleMs > 0) return { kind: "throttled", retryAfterMs: throttleMs };
  return { kind: "admitted", epoch: state.epoch, decider, probeOwner: null, isStandIn: false };
}

function probeResult(result: CallResult, onTrial: boolean): ProbeResult {
  switch (result.kind) {
    case "failed":
      return { kind: "failed", cause: result.cause };
    case "unknown":
      return { kind: "released" };
    default:
      // Any answer is a proof of life, also one that says "too many".
      return { kind: "passed", onTrial };
  }
}
