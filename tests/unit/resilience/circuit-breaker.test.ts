import { describe, expect, test } from "vitest";
import { CALL_LIMITS } from "@/lib/resilience/policy";
import { breakerUnderTest, PATIENT, times } from "@/tests/support/breaker-under-test";
import { createFakeClock } from "@/tests/support/fake-clock";
import { circuitOf, failure, policyUnderTest, READ, WRITE } from "@/tests/support/policy-under-test";

const SECOND = 1_000;
const reads = circuitOf("read");

describe("a closed circuit", () => {
  test("opens at the fifth failure, where they are half of the calls", async () => {
    const { calls, state } = breakerUnderTest();
    await calls(...times(5, "ok"), ...times(4, "unavailable"));
    expect(state()).toBe("closed");
    await calls("unavailable");
    expect(state()).toBe("open");
  });

  test("stays closed on four failures, though nothing else succeeds", async () => {
    const { calls, state } = breakerUnderTest();
    await calls(...times(4, "unavailable"));
    expect(state()).toBe("closed");
  });

  test("stays closed on many failures that are less than half of the calls", async () => {
    const { calls, state } = breakerUnderTest();
    await calls(...times(21, "ok"), ...times(20, "unavailable"));
    expect(state()).toBe("closed");
  });

  test("forgets failures after thirty seconds", async () => {
    const { calls, state, clock } = breakerUnderTest();
    await calls(...times(4, "unavailable"));
    await clock.advance(30 * SECOND);
    await calls(...times(4, "unavailable"));
    expect(state()).toBe("closed");
  });

  test("forgets successes after thirty seconds, also those that nobody had reported", async () => {
    const { calls, state, clock } = breakerUnderTest();
    await calls(...times(100, "ok"));
    await clock.advance(30 * SECOND);
    await calls(...times(5, "unavailable"));
    expect(state()).toBe("open");
  });

  test.each(["timeout", "unavailable"] as const)("counts %s as a failure", async (kind) => {
    const { calls, state } = breakerUnderTest();
    await calls(...times(5, kind));
    expect(state()).toBe("open");
  });

  test("counts an attempt that ran out of time as a failure", async () => {
    const { call, clock, state } = breakerUnderTest();
    for (let made = 0; made < 5; made += 1) void call(READ, "hangs").catch(() => undefined);
    await clock.advance(CALL_LIMITS.background.attemptMs - 1);
    expect(state()).toBe("closed");
    await clock.advance(1);
    expect(state()).toBe("open");
  });

  test.each([
    "invalid_request",
    "credentials_rejected",
    "declined",
    "not_found",
    "conflict",
    "rate_limited",
    "aborted",
  ] as const)("does not count %s as a failure", async (kind) => {
    const { calls, state } = breakerUnderTest();
    await calls(...times(50, kind));
    expect(state()).toBe("closed");
  });

  test("takes an unknown failure by its status: below 500 the vendor is well", async () => {
    const well = breakerUnderTest();
    await well.calls(...times(5, failure("unknown", { status: 418 })));
    expect(well.state()).toBe("closed");
    const ill = breakerUnderTest();
    await ill.calls(...times(5, failure("unknown", { status: 599 })));
    expect(ill.state()).toBe("open");
    const silent = breakerUnderTest();
    await silent.calls(...times(5, failure("unknown")));
    expect(silent.state()).toBe("open");
  });

  test("does not blame the vendor for a call that had next to no time left", async () => {
    const clock = createFakeClock();
    const hurried = policyUnderTest({ clock, context: { deadlineAt: clock.now() + 200 } });
    for (let made = 0; made < 10; made += 1) void hurried.call(READ, "hangs").catch(() => undefined);
    await clock.advance(200);
    expect(hurried.attempts.map(({ outcome }) => outcome)).toEqual(times(10, "timeout"));
    expect(hurried.store.peek(reads).state.kind).toBe("closed");
  });

  test("keeps reads and writes apart", async () => {
    const { call, breakCircuit } = policyUnderTest({ context: { origin: "background" } });
    await breakCircuit("write");
    await expect(call(WRITE, "ok")).rejects.toMatchObject({ kind: "circuit_open" });
    await expect(call(READ, "ok")).resolves.toBe("answer");
  });
});

describe("an open circuit", () => {
  test("refuses calls at once, says for how long, and nothing reaches the vendor", async () => {
    const { breakCircuit, call, arrived, heldBack, clock } = breakerUnderTest();
    await breakCircuit("read");
    await clock.advance(10 * SECOND);
    await expect(call(READ, "ok")).rejects.toMatchObject({
      kind: "circuit_open",
      retryable: true,
      mayHaveTakenEffect: false,
      retryAfterMs: 20 * SECOND,
    });
    expect(arrived).toEqual([]);
    expect(heldBack).toMatchObject([{ by: "circuit", operation: "things.get", effect: "read" }]);
  });

  test("lets exactly one call through after thirty seconds, and fails the others fast", async () => {
    const { breakCircuit, clock, pendingCall, state, heldBack } = breakerUnderTest();
    await breakCircuit("read");
    await clock.advance(30 * SECOND);
    const calls = Array.from({ length: 20 }, pendingCall);
    await clock.advance(0);
    expect(calls.filter((one) => one.wasSent())).toHaveLength(1);
    expect(calls.filter(({ outcome }) => outcome.state === "rejected")).toHaveLength(19);
    expect(heldBack.every(({ error }) => error.kind === "circuit_open")).toBe(true);
    expect(state()).toBe("half_open");
  });

  test("does not let a probe through a moment too early", async () => {
    const { breakCircuit, clock, calls } = breakerUnderTest();
    await breakCircuit("read");
    await clock.advance(30 * SECOND - 1);
    expect(await calls("ok")).toEqual(["circuit_open"]);
    await clock.advance(1);
    expect(await calls("ok")).toEqual(["answer"]);
  });

  test("tells each step once", async () => {
    const { breakCircuit, clock, calls, transitions } = breakerUnderTest();
    await breakCircuit("read");
    await clock.advance(30 * SECOND);
    await calls("unavailable");
    await clock.advance(30 * SECOND);
    await calls("ok");
    expect(transitions.map(({ from, to }) => `${from} → ${to}`)).toEqual([
      "closed → open",
      "open → half_open",
      "half_open → open",
      "open → half_open",
      "half_open → closed",
    ]);
  });
});

describe("a result that comes late", () => {
  test("of before the circuit opened neither closes it nor opens it again", async () => {
    const { pendingCall, breakCircuit, clock, state } = breakerUnderTest(PATIENT);
    const old = Array.from({ length: 12 }, pendingCall);
    await clock.advance(0);
    await breakCircuit("read");
    await old.pop()?.end("ok");
    expect(state()).toBe("open");
    await clock.advance(30 * SECOND);
    const probe = pendingCall();
    await clock.advance(0);
    await old.pop()?.end("ok");
    await old.pop()?.end(failure("unavailable"));
    expect(state()).toBe("half_open");
    await probe.end("ok");
    expect(state()).toBe("closed");
    for (const one of old) await one.end(failure("unavailable"));
    expect(state()).toBe("closed");
  });

  test("of before an operator's reset does not count", async () => {
    const { pendingCall, store, breakers, clock, state } = breakerUnderTest();
    const old = Array.from({ length: 10 }, pendingCall);
    await clock.advance(0);
    await store.override(reads, "reset");
    await breakers.flush();
    for (const one of old) await one.end(failure("unavailable"));
    await breakers.flush();
    expect(state()).toBe("closed");
  });

  test("does not make the process forget what has come since", async () => {
    const { pendingCall, calls, store, breakers, clock, state } = breakerUnderTest();
    const old = pendingCall();
    await clock.advance(0);
    await store.override(reads, "reset");
    await breakers.flush();
    await calls(...times(10, "ok"));
    await old.end(failure("unavailable"));
    await calls(...times(5, "unavailable"));
    expect(state()).toBe("closed");
  });
});

describe("an operator", () => {
  test("holds a circuit open for as long as they like", async () => {
    const { store, breakers, clock, calls, call } = breakerUnderTest();
    await store.override(reads, "open");
    await breakers.flush();
    await clock.advance(3_600 * SECOND);
    await expect(call(READ, "ok")).rejects.toMatchObject({ kind: "circuit_open", retryAfterMs: null });
    await store.override(reads, "close");
    await breakers.flush();
    expect(await calls("ok")).toEqual(["answer"]);
  });

  test("closes one that is open, and what failed before is forgotten", async () => {
    const { store, breakers, breakCircuit, calls, state } = breakerUnderTest();
    await breakCircuit("read");
    await store.override(reads, "close");
    await breakers.flush();
    await calls(...times(4, "unavailable"));
    expect(state()).toBe("closed");
  });

  test("is heard within a second, and no call waits for it", async () => {
    const { store, clock, calls } = breakerUnderTest();
    await calls("ok");
    await store.override(reads, "open");
    // What is known is fresh still.
    expect(await calls("ok")).toEqual(["answer"]);
    await clock.advance(600);
    await calls("ok");
    expect(await calls("ok")).toEqual(["circuit_open"]);
  });
});
