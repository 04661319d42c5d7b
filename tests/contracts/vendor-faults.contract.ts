/**
 * Every way in which a vendor may fail, over real sockets, for every adapter, for what it reads and what it writes: the
 * right class of error, in time, with the connection given up, with the attempts that are allowed, and with one effect
 * at the vendor, counted there.
 */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { IntegrationError, IntegrationErrorKind } from "@/lib/errors/integration-error";
import { createCircuitBreakers } from "@/lib/resilience/circuit-breaker";
import { CIRCUIT_RULES } from "@/lib/resilience/circuit-state";
import { systemClock } from "@/lib/resilience/clock";
import type { AttemptRecord } from "@/lib/resilience/hooks";
import { createMemoryCircuitStore } from "@/lib/resilience/memory-circuit-store";
import { CALL_LIMITS, type Policy } from "@/lib/resilience/policy";
import { eventually } from "@/tests/support/poll";
import { createTestPolicy } from "@/tests/support/test-policy";
import { expectPlainWords } from "@/tests/support/vendor-faults";
import type { FaultInput, Vendors } from "@/tests/support/vendors";

/** Milliseconds. Three attempts and the waits between them fit into the whole. */
const ATTEMPT_MS = 400;
const OVERALL_MS = 1_500;
/** What a settled call may be late by. */
const GRACE_MS = 100;
const RETRY_AFTER_SECONDS = 7;
const BACKOFF = { baseMs: 20, capMs: 40 };

interface Fault {
  input: Omit<FaultInput, "vendor">;
  kind: IntegrationErrorKind;
  /** Whether the same call may succeed when it is made again at once. */
  retried: boolean;
}

const outage = (input: Fault["input"]): Fault => ({ input, kind: "unavailable", retried: true });
const slow = (input: Fault["input"]): Fault => ({ input, kind: "timeout", retried: true });
const status = (code: number, kind: IntegrationErrorKind, retried = false): Fault => ({
  input: { kind: "status", status: code },
  kind,
  retried,
});

export const FAULTS = {
  "an answer later than the deadline": slow({ kind: "latency", latencyMs: OVERALL_MS * 2 }),
  "a hang before the headers": slow({ kind: "hang", phase: "headers" }),
  "a hang in mid-body": slow({ kind: "hang", phase: "body" }),
  "a reset before the answer": outage({ kind: "reset", phase: "headers" }),
  "a reset in mid-body": outage({ kind: "reset", phase: "body" }),
  "a refused connection": outage({ kind: "refused" }),
  "a truncated body": outage({ kind: "truncate" }),
  "garbage instead of JSON": outage({ kind: "garbage" }),
  "400": status(400, "invalid_request"),
  "401": status(401, "credentials_rejected"),
  "402": status(402, "invalid_request"),
  "404": status(404, "not_found"),
  "409": status(409, "conflict", true),
  "429 with Retry-After": {
    input: { kind: "status", status: 429, retryAfterSeconds: RETRY_AFTER_SECONDS },
    kind: "rate_limited",
    // It does not fit into the deadline: the error carries it instead.
    retried: false,
  },
  "429 without Retry-After": status(429, "rate_limited", true),
  "500": status(500, "unavailable", true),
  "503": status(503, "unavailable", true),
} satisfies Record<string, Fault>;
export type FaultName = keyof typeof FAULTS;
const ALWAYS = Object.keys(FAULTS) as FaultName[];
/** A port that is closed refuses whoever comes: that one cannot be had just once. */
const ONCE = ALWAYS.filter((name) => name !== "a refused connection");

/** A call that an adapter makes under a policy of the test's. */
export interface FaultyCall {
  /** How often it may be tried: one for a write without a key, and for a probe. */
  attempts: 1 | 3;
  /** Made only as the probe of an open circuit. */
  probes?: boolean;
  run(policy: Policy, key: string): Promise<unknown>;
  /** How often the vendor did it; absent for a read. */
  effects?(key: string): Promise<number>;
}

export interface FaultSubject {
  vendor: FaultInput["vendor"];
  vendors: Vendors;
  calls: Record<string, FaultyCall>;
  /** Where a vendor's own words for a status mean another class, and whether that is tried again. */
  differs: Partial<Record<FaultName, { kind: IntegrationErrorKind; retried: boolean }>>;
}

export function describeVendorFaults(
  name: string,
  callNames: readonly string[],
  start: () => Promise<FaultSubject>,
): void {
  describe.each(callNames.map((callName) => ({ callName })))(`${name}: $callName`, ({ callName }) => {
    let subject: FaultSubject;
    beforeAll(async () => {
      subject = await start();
    });
    afterEach(() => subject.vendors.clearFaults());
    afterAll(() => subject?.vendors.stop());

    test.each(ALWAYS)("%s, for as long as it lasts", async (faultName) => {
      const { input, kind, retried } = expected(subject, faultName);
      await subject.vendors.addFault({ vendor: subject.vendor, ...input });
      const outcome = await attempt(subject, callOf(subject, callName));

      expect(outcome.error).toMatchObject({ name: "IntegrationError", kind });
      expect(outcome.elapsedMs).toBeLessThan(OVERALL_MS + GRACE_MS);
      const allowed = retried ? callOf(subject, callName).attempts : 1;
      expect(outcome.attempts.map((attempted) => attempted.outcome)).toEqual(
        new Array<string>(allowed).fill(kind),
      );
      expect((outcome.error as IntegrationError).retryAfterMs).toBe(
        faultName === "429 with Retry-After" ? RETRY_AFTER_SECONDS * 1_000 : null,
      );
      expectPlainWords(outcome.error);
      await expectNothingOpen(subject, input.kind === "refused" ? 0 : allowed);
    });

    test("a hang, when the whole call has less time than its attempts would take", async () => {
      await subject.vendors.addFault({ vendor: subject.vendor, kind: "hang" });
      const overallMs = ATTEMPT_MS * 1.5;
      const outcome = await attempt(subject, callOf(subject, callName), overallMs);
      expect(outcome.error).toMatchObject({ kind: "timeout" });
      expect(outcome.elapsedMs).toBeLessThan(overallMs + GRACE_MS);
    });

    test.each(ONCE)("%s, once", async (faultName) => {
      const { input, kind, retried } = expected(subject, faultName);
      const call = callOf(subject, callName);
      await subject.vendors.addFault({ vendor: subject.vendor, ...input, times: 1 });
      const outcome = await attempt(subject, call);

      const recovers = retried && call.attempts > 1;
      expect(outcome.error === null).toBe(recovers);
      expect(outcome.attempts.map((attempted) => attempted.outcome)).toEqual(
        recovers ? [kind, "ok"] : [kind],
      );
      if (!call.effects) return;
      const done = await call.effects(outcome.key);
      expect(done).toBeLessThanOrEqual(1);
      if (recovers) expect(done).toBe(1);
      // Whoever reads "it did not happen" may do it again.
      else if (!(outcome.error as IntegrationError).mayHaveTakenEffect) expect(done).toBe(0);
    });
  });
}

function expected(subject: FaultSubject, faultName: FaultName): Fault {
  return { ...FAULTS[faultName], ...subject.differs[faultName] };
}

function callOf(subject: FaultSubject, callName: string): FaultyCall {
  const call = subject.calls[callName];
  if (!call) throw new Error(`no call named ${callName}`);
  return call;
}

/** Calls since the fault was set; the control port keeps the log for all of them. */
let logged = 0;

async function attempt(subject: FaultSubject, call: FaultyCall, overallMs = OVERALL_MS) {
  const key = randomUUID();
  const limit = { attemptMs: ATTEMPT_MS, overallMs, attempts: 3, backoff: BACKOFF };
  const attempts: AttemptRecord[] = [];
  const policy = createTestPolicy(subject.vendor, {
    ...(call.probes && { breakers: await dueForProbe(subject.vendor) }),
    limits: { ...CALL_LIMITS, read: limit, write: limit },
    hooks: { onAttempt: (record) => attempts.push(record) },
  });
  logged = (await subject.vendors.vendorCalls()).length;
  const startedAt = performance.now();
  const error = await call.run(policy, key).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { key, error, attempts, elapsedMs: performance.now() - startedAt };
}

/** Breakers whose read circuit is open, and its probe due. */
async function dueForProbe(provider: string) {
  const key = { provider, mode: "sandbox", effect: "read" } as const;
  const store = createMemoryCircuitStore(systemClock, { ...CIRCUIT_RULES, openMs: 0 });
  await store.record(key, { epoch: 0, calls: 5, failures: 5, cause: "timeout" });
  return createCircuitBreakers({ store, clock: systemClock, newOwner: randomUUID });
}

/** The stand-in logs a call when its connection is done with: none may be left hanging. */
async function expectNothingOpen(subject: FaultSubject, calls: number): Promise<void> {
  await eventually(
    "every connection to be given up",
    async () => (await subject.vendors.vendorCalls()).length >= logged + calls,
    3_000,
  );
}
