/** The real policy with short deadlines and breakers of its own, so that a test sees one call and nothing before it. */
import { randomUUID } from "node:crypto";
import { type CircuitBreakers, createCircuitBreakers } from "@/lib/resilience/circuit-breaker";
import { CIRCUIT_RULES } from "@/lib/resilience/circuit-state";
import { systemClock } from "@/lib/resilience/clock";
import { createMemoryCircuitStore } from "@/lib/resilience/memory-circuit-store";
import { CALL_LIMITS, createPolicy, type Policy, type PolicyOptions } from "@/lib/resilience/policy";

/** Milliseconds: short enough for a test, long enough for a busy machine. */
const TEST_ATTEMPT_MS = 1_200;

/** One attempt a call, unless a test is about more. */
const TEST_LIMITS: typeof CALL_LIMITS = {
  read: { ...CALL_LIMITS.read, attemptMs: TEST_ATTEMPT_MS, attempts: 1 },
  write: { ...CALL_LIMITS.write, attemptMs: TEST_ATTEMPT_MS, attempts: 1 },
  background: { ...CALL_LIMITS.background, attemptMs: TEST_ATTEMPT_MS },
};

export function createTestPolicy(provider: string, options: Partial<PolicyOptions> = {}): Policy {
  const breakers = createCircuitBreakers({
    store: createMemoryCircuitStore(systemClock),
    clock: systemClock,
    newOwner: randomUUID,
  });
  return createPolicy({ provider, mode: "sandbox", breakers, limits: TEST_LIMITS, ...options });
}

/** Breakers whose circuits of a provider are open, and due to be probed. */
export async function dueCircuits(provider: string): Promise<CircuitBreakers> {
  const rules = { ...CIRCUIT_RULES, openMs: 0 };
  const store = createMemoryCircuitStore(systemClock, rules);
  const counts = { epoch: 0, calls: 10, failures: 10, cause: "unavailable" } as const;
  for (const effect of ["read", "write"] as const)
    await store.record({ provider, mode: "sandbox", effect }, counts);
  return createCircuitBreakers({ store, clock: systemClock, newOwner: randomUUID, rules });
}
