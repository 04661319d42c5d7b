/** A policy on a fake clock over a store in memory, with everything that its tests look at. */
import {
  IntegrationError,
  type IntegrationErrorKind,
  type IntegrationErrorOptions,
} from "@/lib/errors/integration-error";
import type { Attempt, CallContext, CallDescription, Effect } from "@/lib/resilience/call";
import { type CircuitBreakers, createCircuitBreakers } from "@/lib/resilience/circuit-breaker";
import { CIRCUIT_RULES, type CircuitKey, type CircuitRules } from "@/lib/resilience/circuit-state";
import type { CircuitStore, Transition } from "@/lib/resilience/circuit-store";
import type { AttemptRecord, HeldBackRecord } from "@/lib/resilience/hooks";
import { createMemoryCircuitStore, type MemoryCircuitStore } from "@/lib/resilience/memory-circuit-store";
import { createPolicy, type Policy, type PolicyOptions } from "@/lib/resilience/policy";
import { createFakeClock, type FakeClock } from "./fake-clock";

export const READ: CallDescription = { operation: "things.get", effect: "read" };
export const WRITE: CallDescription = { operation: "things.make", effect: "write", idempotencyKey: "key-1" };
export const UNKEYED_WRITE: CallDescription = {
  operation: "things.make",
  effect: "write",
  idempotencyKey: null,
  attempts: 1,
};

export const circuitOf = (effect: Effect): CircuitKey => ({ provider: "acme", mode: "test", effect });

export function failure(
  kind: IntegrationErrorKind,
  options: Partial<IntegrationErrorOptions> = {},
): IntegrationError {
  return new IntegrationError(kind, { provider: "acme", operation: "things.get", ...options });
}

/** What the vendor does with one attempt: answers, fails, or never answers ("hangs"). */
export type Behaviour = "ok" | "hangs" | IntegrationErrorKind | Error;

export function behave(behaviour: Behaviour): Promise<string> {
  if (behaviour === "hangs") return new Promise(() => undefined);
  if (behaviour === "ok") return Promise.resolve("answer");
  return Promise.reject(typeof behaviour === "string" ? failure(behaviour) : behaviour);
}

export interface PolicyUnderTest {
  clock: FakeClock;
  store: MemoryCircuitStore;
  breakers: CircuitBreakers;
  policy: Policy;
  /** What the hooks were told. */
  attempts: AttemptRecord[];
  heldBack: HeldBackRecord[];
  transitions: Transition[];
  reachable: boolean[];
  /** Attempts that arrived at the vendor. */
  arrived: { at: number; attempt: Attempt }[];
  /** Makes a call whose first attempt does the first of these, and so on; the last one again and again. */
  call(description: CallDescription, ...behaviours: Behaviour[]): Promise<string>;
  /** The same for `policy.probe`. */
  probe(effect: Effect, behaviour: Behaviour): Promise<boolean>;
  /** Fails calls of this effect until its circuit opens. */
  breakCircuit(effect: Effect): Promise<void>;
}

interface Options extends Partial<Omit<PolicyOptions, "context" | "breakers" | "clock">> {
  clock?: FakeClock;
  context?: Partial<CallContext>;
  rules?: Partial<CircuitRules>;
  /** What stands between the breakers and the store. */
  between?: (store: CircuitStore) => CircuitStore;
}

let owners = 0;

export function policyUnderTest(options: Options = {}): PolicyUnderTest {
  const {
    clock = createFakeClock(),
    context = {},
    rules: changedRules,
    between = (store) => store,
    ...others
  } = options;
  const rules = { ...CIRCUIT_RULES, ...changedRules };
  const store = createMemoryCircuitStore(clock, rules);
  const attempts: AttemptRecord[] = [];
  const heldBack: HeldBackRecord[] = [];
  const transitions: Transition[] = [];
  const reachable: boolean[] = [];
  const hooks = {
    onAttempt: (record: AttemptRecord) => attempts.push(record),
    onHeldBack: (record: HeldBackRecord) => heldBack.push(record),
    onTransition: (transition: Transition) => transitions.push(transition),
    onStore: (answers: boolean) => reachable.push(answers),
  };
  const newOwner = () => {
    owners += 1;
    return `owner-${owners}`;
  };
  const breakers = createCircuitBreakers({ store: between(store), clock, newOwner, rules, hooks });
  const policy = createPolicy({
    provider: "acme",
    mode: "test",
    breakers,
    clock,
    hooks,
    random: () => 0,
    context: () => ({ origin: "interactive", deadlineAt: null, correlationId: null, ...context }),
    ...others,
  });
  const arrived: PolicyUnderTest["arrived"] = [];
  const vendor = (behaviours: Behaviour[]) => (attempt: Attempt) => {
    arrived.push({ at: clock.now(), attempt });
    return behave(behaviours[Math.min(attempt.number, behaviours.length) - 1] ?? "ok");
  };
  const call = (description: CallDescription, ...behaviours: Behaviour[]) =>
    policy(description, vendor(behaviours));

  return {
    clock,
    store,
    breakers,
    policy,
    attempts,
    heldBack,
    transitions,
    reachable,
    arrived,
    call,
    probe: (effect, behaviour) => policy.probe(effect, vendor([behaviour])),
    breakCircuit: async (effect) => {
      for (let failures = 0; failures < rules.minimumFailures; failures += 1) {
        const admitted = await breakers.breaker(circuitOf(effect)).admit();
        if (admitted.kind !== "admitted") throw new Error(`the circuit is ${admitted.kind} already`);
        breakers.breaker(circuitOf(effect)).settle(admitted, { kind: "failed", cause: "unavailable" });
      }
      await clock.advance(0);
    },
  };
}

/** A call's outcome as it stands, without waiting for it. */
export function outcomeOf(call: Promise<unknown>) {
  const outcome: { state: "pending" | "resolved" | "rejected"; value?: unknown; error?: unknown } = {
    state: "pending",
  };
  call.then(
    (value) => Object.assign(outcome, { state: "resolved", value }),
    (error) => Object.assign(outcome, { state: "rejected", error }),
  );
  return outcome;
}

/** Follows a call to its end, and says how it ended and how long that took. */
export async function followed({ clock }: PolicyUnderTest, call: Promise<unknown>) {
  const begun = clock.now();
  let tookMs = -1;
  const outcome = outcomeOf(
    call.finally(() => {
      tookMs = clock.now() - begun;
    }),
  );
  for (let waited = 0; tookMs < 0 && waited < 60_000; waited += 50) await clock.advance(50);
  return { ...outcome, tookMs };
}

export const follow = (core: PolicyUnderTest, call: CallDescription, ...behaviours: Behaviour[]) =>
  followed(core, core.call(call, ...behaviours));
