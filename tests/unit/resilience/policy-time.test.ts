import { describe, expect, test, vi } from "vitest";
import type { CircuitStore } from "@/lib/resilience/circuit-store";
import { CALL_LIMITS } from "@/lib/resilience/policy";
import { createFakeClock } from "@/tests/support/fake-clock";
import {
  circuitOf,
  failure,
  follow,
  followed,
  outcomeOf,
  policyUnderTest,
  READ,
  WRITE,
} from "@/tests/support/policy-under-test";

const SECOND = 1_000;
/** The longest backoff that chance can bring. */
const longest = () => 1 - Number.EPSILON;

describe("time", () => {
  test.each([
    ["read", READ, CALL_LIMITS.read],
    ["write", WRITE, CALL_LIMITS.write],
  ] as const)(
    "for an attempt of a %s ends after its limit, and all ends by the deadline",
    async (_, call, limits) => {
      const core = policyUnderTest();
      const { error, tookMs } = await follow(core, call, "hangs");
      expect(error).toMatchObject({ kind: "timeout" });
      expect(core.attempts.map(({ durationMs }) => durationMs)).toEqual([
        limits.attemptMs,
        limits.overallMs - limits.attemptMs,
      ]);
      expect(tookMs).toBe(limits.overallMs);
    },
  );

  test("is the same for a call that ignores its signal and for one that heeds it", async () => {
    const core = policyUnderTest({ context: { origin: "background" } });
    const seen: unknown[] = [];
    const heeding = core.policy(
      READ,
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            seen.push(signal.reason);
            reject(new Error("stopped"));
          });
        }),
    );
    const { error, tookMs } = await followed(core, heeding);
    expect(tookMs).toBe(CALL_LIMITS.background.attemptMs);
    expect(error).toMatchObject({ kind: "timeout" });
    // Whoever holds the socket sees why.
    expect(seen).toMatchObject([{ name: "IntegrationError", kind: "timeout" }]);
    const ignoring = await follow(core, READ, "hangs");
    expect(ignoring.tookMs).toBe(tookMs);
  });

  test("that is over is over: a late answer and a late failure change nothing", async () => {
    for (const late of ["answer", "failure"]) {
      const core = policyUnderTest({ context: { origin: "background" } });
      let answer = (_: string) => undefined as unknown;
      let fail = (_: unknown) => undefined as unknown;
      const call = outcomeOf(
        core.policy(
          READ,
          () => new Promise<string>((resolve, reject) => ([answer, fail] = [resolve, reject])),
        ),
      );
      await core.clock.advance(CALL_LIMITS.background.attemptMs);
      if (late === "answer") answer("late");
      else fail(failure("declined"));
      await core.clock.advance(0);
      expect(call.error).toMatchObject({ kind: "timeout" });
      expect(core.attempts).toHaveLength(1);
    }
  });

  test("of what surrounds the call is kept: it ends by the whole action's deadline", async () => {
    const clock = createFakeClock();
    const core = policyUnderTest({ clock, context: { deadlineAt: clock.now() + 3 * SECOND } });
    const { error, tookMs } = await follow(core, WRITE, "hangs");
    expect(error).toMatchObject({ kind: "timeout" });
    expect(tookMs).toBe(3 * SECOND);
  });

  test("that is over before a call begins keeps it from being sent", async () => {
    const clock = createFakeClock();
    const core = policyUnderTest({ clock, context: { deadlineAt: clock.now() } });
    const { error } = await follow(core, WRITE, "ok");
    expect(error).toMatchObject({ kind: "timeout", mayHaveTakenEffect: false });
    expect(core.arrived).toEqual([]);
    expect(core.heldBack).toMatchObject([{ by: "deadline" }]);
  });

  test("that runs out while the shared store is waited for keeps the call from being sent", async () => {
    const clock = createFakeClock();
    const between = (store: CircuitStore) => ({ ...store, read: () => new Promise<never>(() => undefined) });
    const core = policyUnderTest({ clock, between, context: { deadlineAt: clock.now() + 20 } });
    const { error } = await follow(core, WRITE, "ok");
    expect(error).toMatchObject({ kind: "timeout", mayHaveTakenEffect: false });
    expect(core.arrived).toEqual([]);
    expect(core.heldBack).toMatchObject([{ by: "deadline" }]);
  });

  test("is never waited away: a backoff that does not fit is not begun", async () => {
    const clock = createFakeClock();
    const core = policyUnderTest({ clock, random: longest, context: { deadlineAt: clock.now() + 249 } });
    const { error, tookMs } = await follow(core, READ, "unavailable");
    expect(error).toMatchObject({ kind: "unavailable" });
    expect(tookMs).toBeLessThanOrEqual(50);
  });

  test("is short for the pump's work, and there is one attempt: the pump comes again by itself", async () => {
    const core = policyUnderTest({ context: { origin: "background" } });
    const { error, tookMs } = await follow(core, WRITE, "hangs");
    expect([tookMs, core.arrived.length]).toEqual([10 * SECOND, 1]);
    expect(error).toMatchObject({ kind: "timeout", retryable: true });
  });

  test("for one attempt is never longer than for all", () => {
    for (const { attemptMs, overallMs } of Object.values(CALL_LIMITS)) {
      expect(attemptMs).toBeLessThanOrEqual(overallMs);
    }
  });
});

describe("a caller who does not want the answer any more", () => {
  test("stops an attempt: it is told, and the outcome is not known", async () => {
    const controller = new AbortController();
    const core = policyUnderTest({ context: { signal: controller.signal } });
    const outcome = outcomeOf(core.call(WRITE, "hangs"));
    await core.clock.advance(SECOND);
    controller.abort();
    await core.clock.advance(0);
    expect(outcome.error).toMatchObject({ kind: "aborted", mayHaveTakenEffect: true });
    expect(core.arrived[0]?.attempt.signal.aborted).toBe(true);
    expect(core.store.peek(circuitOf("write")).state.kind).toBe("closed");
    expect(core.clock.waiting()).toBe(0);
  });

  test("stops a backoff; what happened is what the vendor said before", async () => {
    const controller = new AbortController();
    const core = policyUnderTest({ random: longest, context: { signal: controller.signal } });
    const outcome = outcomeOf(core.call(READ, "unavailable"));
    await core.clock.advance(100);
    controller.abort();
    await core.clock.advance(0);
    expect(outcome.error).toMatchObject({ kind: "unavailable" });
    expect([core.arrived.length, core.clock.waiting()]).toEqual([1, 0]);
  });

  test("stops a wait for a throttled vendor; nothing was sent", async () => {
    const controller = new AbortController();
    const core = policyUnderTest({ context: { signal: controller.signal } });
    await core.store.throttle(circuitOf("write"), 5 * SECOND);
    await core.breakers.flush();
    const outcome = outcomeOf(core.call(WRITE, "ok"));
    await core.clock.advance(SECOND);
    controller.abort();
    await core.clock.advance(0);
    expect(outcome.error).toMatchObject({ kind: "aborted", mayHaveTakenEffect: false });
    expect([core.arrived.length, core.clock.waiting()]).toEqual([0, 0]);
  });

  test("begins nothing", async () => {
    const core = policyUnderTest({ context: { signal: AbortSignal.abort() } });
    const { error } = await follow(core, WRITE, "ok");
    expect(error).toMatchObject({ kind: "aborted", mayHaveTakenEffect: false });
    expect([core.arrived, core.heldBack]).toEqual([[], []]);
  });

  test("leaves nothing hanging on their signal when the call is over", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const core = policyUnderTest({ context: { signal } });
    await follow(core, READ, "unavailable", "unavailable", "ok");
    const listeners = (calls: unknown[][]) => new Set(calls.map(([, listener]) => listener));
    expect(added).toHaveBeenCalled();
    expect(listeners(removed.mock.calls)).toEqual(listeners(added.mock.calls));
  });
});

describe("Retry-After", () => {
  const busy = (retryAfterMs: number) => failure("rate_limited", { retryAfterMs });

  test("is waited for where it fits", async () => {
    const core = policyUnderTest();
    const { value } = await follow(core, READ, busy(2 * SECOND), "ok");
    expect(value).toBe("answer");
    expect(core.arrived.map(({ at }) => at - (core.arrived[0]?.at ?? 0))).toEqual([0, 2 * SECOND]);
  });

  test("is not waited for where it does not fit, but carried by the error", async () => {
    const core = policyUnderTest();
    const { error, tookMs } = await follow(core, READ, busy(8 * SECOND));
    expect(error).toMatchObject({ kind: "rate_limited", retryAfterMs: 8 * SECOND, retryable: true });
    expect([core.arrived.length, tookMs]).toEqual([1, 0]);
  });

  test("is carried by the error of background work, which is rescheduled by it", async () => {
    const core = policyUnderTest({ context: { origin: "background" } });
    const { error } = await follow(core, READ, busy(SECOND));
    expect(error).toMatchObject({ retryAfterMs: SECOND });
    expect(core.arrived).toHaveLength(1);
  });

  test("is heeded on any failure that names it", async () => {
    const core = policyUnderTest();
    await follow(core, READ, failure("unavailable", { status: 503, retryAfterMs: 3 * SECOND }), "ok");
    expect(core.arrived.map(({ at }) => at - (core.arrived[0]?.at ?? 0))).toEqual([0, 3 * SECOND]);
  });
});
