import { describe, expect, test } from "vitest";
import { CALL_LIMITS } from "@/lib/resilience/policy";
import { breakerUnderTest, PATIENT } from "@/tests/support/breaker-under-test";
import { circuitOf, failure, outcomeOf, policyUnderTest, READ } from "@/tests/support/policy-under-test";

const SECOND = 1_000;
const reads = circuitOf("read");

describe("a probe", () => {
  async function due(limits = CALL_LIMITS) {
    const core = breakerUnderTest(limits);
    await core.breakCircuit("read");
    await core.clock.advance(30 * SECOND);
    return core;
  }

  test("that passes closes the circuit", async () => {
    const { calls, state, attempts } = await due();
    await calls("ok");
    expect(state()).toBe("closed");
    expect(attempts).toMatchObject([{ isProbe: true, outcome: "ok" }]);
    expect(await calls("ok", "ok")).toEqual(["answer", "answer"]);
  });

  test("that fails opens it for thirty seconds again", async () => {
    const { calls, state, clock } = await due();
    await calls("unavailable");
    expect(state()).toBe("open");
    await clock.advance(30 * SECOND - 1);
    expect(await calls("ok")).toEqual(["circuit_open"]);
    await clock.advance(1);
    expect(await calls("ok")).toEqual(["answer"]);
  });

  test.each(["not_found", "declined", "invalid_request", "credentials_rejected", "conflict"] as const)(
    "that is answered %s is a proof of life",
    async (kind) => {
      const { calls, state } = await due();
      await calls(kind);
      expect(state()).toBe("closed");
    },
  );

  test("that is answered 429 closes the circuit, and leaves the vendor alone for as long as it asked", async () => {
    const { calls, state, clock } = await due();
    await calls(failure("rate_limited", { retryAfterMs: 7 * SECOND }));
    expect(state()).toBe("closed");
    expect(await calls("ok")).toEqual(["rate_limited"]);
    await clock.advance(7 * SECOND);
    expect(await calls("ok")).toEqual(["answer"]);
  });

  test("of which nothing was learnt lets another go at once", async () => {
    const { calls, state, arrived } = await due();
    await calls("aborted");
    expect(state()).toBe("open");
    expect(await calls("ok")).toEqual(["answer"]);
    expect(arrived).toHaveLength(2);
  });

  test("that ran into a mistake of ours lets another go at once", async () => {
    const { call, calls } = await due();
    await expect(call(READ, new TypeError("ours"))).rejects.toThrow(TypeError);
    expect(await calls("ok")).toEqual(["answer"]);
  });

  test("whose process died is waited for no longer than its lease", async () => {
    const { clock, calls, store, breakers } = await due();
    await store.acquireProbe(reads, { owner: "another process", leaseMs: 12 * SECOND });
    await breakers.flush();
    await clock.advance(12 * SECOND - 1);
    expect(await calls("ok")).toEqual(["circuit_open"]);
    await clock.advance(1);
    expect(await calls("ok")).toEqual(["answer"]);
  });

  test("that comes back after its lease changes nothing, where another process has the probe", async () => {
    const { pendingCall, clock, store } = await due(PATIENT);
    const slow = pendingCall();
    await clock.advance(12 * SECOND);
    await store.acquireProbe(reads, { owner: "another process", leaseMs: 12 * SECOND });
    await slow.end("ok");
    expect(slow.outcome.value).toBe("answer");
    expect(store.peek(reads).state).toMatchObject({ kind: "half_open", probe: { owner: "another process" } });
  });

  test("that comes back after an operator's hand changes nothing", async () => {
    const { pendingCall, clock, store, state } = await due();
    const slow = pendingCall();
    await clock.advance(0);
    await store.override(reads, "open");
    await slow.end("ok");
    expect(state()).toBe("open");
  });

  test("respects that the vendor asked to be left alone for longer", async () => {
    const { store, clock, call, calls, breakers, arrived } = await due();
    await store.throttle(reads, 60 * SECOND);
    await breakers.flush();
    await clock.advance(59 * SECOND);
    await expect(call(READ, "ok")).rejects.toMatchObject({ kind: "circuit_open", retryAfterMs: SECOND });
    expect(arrived).toEqual([]);
    await clock.advance(1 * SECOND);
    expect(await calls("ok")).toEqual(["answer"]);
  });
});

describe("a probe without traffic", () => {
  test("is sent where it is due, and closes the circuit", async () => {
    const { probe, breakCircuit, clock, store, attempts } = policyUnderTest();
    await breakCircuit("write");
    await clock.advance(30 * SECOND);
    await expect(probe("write", "ok")).resolves.toBe(true);
    await clock.advance(0);
    expect(store.peek(circuitOf("write")).state.kind).toBe("closed");
    expect(attempts).toMatchObject([{ operation: "probe", effect: "write", isProbe: true }]);
  });

  test("is not sent where there is nothing to probe, and nobody hears of that", async () => {
    const { probe, breakCircuit, arrived, heldBack } = policyUnderTest();
    await expect(probe("read", "ok")).resolves.toBe(false);
    await breakCircuit("read");
    await expect(probe("read", "ok")).resolves.toBe(false);
    expect(arrived).toEqual([]);
    expect(heldBack).toEqual([]);
  });

  test("is not sent when another instance closed the circuit just now", async () => {
    const { probe, breakCircuit, clock, store, arrived, breakers } = policyUnderTest();
    await breakCircuit("read");
    await clock.advance(30 * SECOND);
    await breakers.flush();
    await store.override(reads, "close");
    await expect(probe("read", "ok")).resolves.toBe(false);
    expect(arrived).toEqual([]);
  });

  test("is made once, also by who would try other calls again, and says at once how it went", async () => {
    const { probe, breakCircuit, clock, arrived } = policyUnderTest({ random: () => 0.9 });
    await breakCircuit("read");
    await clock.advance(30 * SECOND);
    const probing = outcomeOf(probe("read", "unavailable"));
    await clock.advance(0);
    expect(probing.error).toMatchObject({ kind: "unavailable" });
    expect(arrived).toHaveLength(1);
  });
});
