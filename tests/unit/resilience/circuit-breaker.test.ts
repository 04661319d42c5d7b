import { describe, expect, test } from "vitest";
import type { IntegrationErrorKind } from "@/lib/errors/integration-error";
import { CALL_LIMITS } from "@/lib/resilience/policy";
import { createFakeClock } from "@/tests/support/fake-clock";
import {
  type Behaviour,
  circuitOf,
  failure,
  outcomeOf,
  policyUnderTest,
  READ,
  WRITE,
} from "@/tests/support/policy-under-test";

const SECOND = 1_000;
const reads = circuitOf("read");

/** Background calls are attempted once, so that a call is an attempt. */
function breakerUnderTest(limits = CALL_LIMITS) {
  const core = policyUnderTest({ context: { origin: "background" }, limits });
  return {
    ...core,
    state: () => core.store.peek(reads).state.kind,
    /** Makes reads one after the other and says how each ended. */
    calls: async (...behaviours: Behaviour[]) => {
      const endings: (string | IntegrationErrorKind)[] = [];
      for (const behaviour of behaviours) {
        const ending = core.call(READ, behaviour).catch((error) => error.kind as IntegrationErrorKind);
        await core.clock.advance(behaviour === "hangs" ? CALL_LIMITS.background.attemptMs : 0);
        endings.push(await ending);
      }
      return endings;
    },
    /** Starts a read that the vendor answers when the test says so. */
    pendingCall: () => {
      let settle: { resolve(value: string): void; reject(error: unknown): void } | null = null;
      const outcome = outcomeOf(
        core.policy(READ, () => new Promise<string>((resolve, reject) => (settle = { resolve, reject }))),
      );
      return {
        outcome,
        wasSent: () => settle !== null,
        end: async (behaviour: "ok" | Error) => {
          if (!settle) throw new Error("the call was not sent");
          if (behaviour === "ok") settle.resolve("answer");
          else settle.reject(behaviour);
          await core.clock.advance(0);
        },
      };
    },
  };
}

const times = (count: number, behaviour: Behaviour): Behaviour[] => new Array(count).fill(behaviour);

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

describe("a probe", () => {
  async function due() {
    const core = breakerUnderTest();
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

  test("that comes back after its lease changes nothing", async () => {
    const { pendingCall, clock, store, state } = await due();
    const slow = pendingCall();
    await clock.advance(0);
    // Another process has opened it anew meanwhile.
    await store.override(reads, "reset");
    await store.override(reads, "open");
    await slow.end("ok");
    expect(slow.outcome.value).toBe("answer");
    expect(state()).toBe("open");
  });

  test("respects that the vendor asked to be left alone for longer", async () => {
    const { store, clock, calls, breakers, arrived } = await due();
    await store.throttle(reads, 60 * SECOND);
    await breakers.flush();
    await clock.advance(59 * SECOND);
    expect(await calls("ok")).toEqual(["circuit_open"]);
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

describe("a vendor that asks to be left alone (429)", () => {
  test("is left alone by background calls, which carry for how long", async () => {
    const { calls, call, arrived, clock, heldBack } = breakerUnderTest();
    await calls(failure("rate_limited", { retryAfterMs: 5 * SECOND }));
    await clock.advance(2 * SECOND);
    await expect(call(READ, "ok")).rejects.toMatchObject({
      kind: "rate_limited",
      retryAfterMs: 3 * SECOND,
      mayHaveTakenEffect: false,
    });
    expect(arrived).toHaveLength(1);
    expect(heldBack).toMatchObject([{ by: "throttle" }]);
  });

  test("is waited for where somebody waits and it fits into the deadline", async () => {
    const { store, breakers, call, arrived, clock } = policyUnderTest();
    await store.throttle(reads, 5 * SECOND);
    await breakers.flush();
    const outcome = outcomeOf(call(READ, "ok"));
    await clock.advance(5 * SECOND - 1);
    expect([outcome.state, arrived.length]).toEqual(["pending", 0]);
    await clock.advance(1);
    expect(outcome.value).toBe("answer");
  });

  test("is not waited for where that does not fit", async () => {
    const { store, breakers, call, clock } = policyUnderTest();
    await store.throttle(reads, CALL_LIMITS.read.overallMs);
    await breakers.flush();
    const outcome = outcomeOf(call(READ, "ok"));
    await clock.advance(0);
    expect(outcome.error).toMatchObject({ kind: "rate_limited", retryAfterMs: CALL_LIMITS.read.overallMs });
  });

  test("does not find those who waited at its door all at once", async () => {
    let chance = 0;
    const random = () => {
      chance = (chance + 0.1) % 1;
      return chance;
    };
    const { store, breakers, call, arrived, clock } = policyUnderTest({ random });
    await store.throttle(reads, 2 * SECOND);
    await breakers.flush();
    for (let waiting = 0; waiting < 10; waiting += 1) void call(READ, "ok");
    await clock.advance(3 * SECOND);
    expect(new Set(arrived.map(({ at }) => at)).size).toBe(10);
  });

  test("is not shut out for ever because it asked for nonsense", async () => {
    const { calls, store, clock } = breakerUnderTest();
    await calls(
      failure("rate_limited", { retryAfterMs: 1e15 }),
      failure("rate_limited", { retryAfterMs: Number.NaN }),
      failure("rate_limited", { retryAfterMs: -5 }),
    );
    expect(store.peek(reads).throttledUntil).toBe(clock.now() + 600 * SECOND);
  });

  test("keeps what it asked for, although it asks for less a moment later", async () => {
    const { pendingCall, store, clock } = breakerUnderTest();
    const [long, short] = [pendingCall(), pendingCall()];
    await clock.advance(0);
    await long.end(failure("rate_limited", { retryAfterMs: 9 * SECOND }));
    await short.end(failure("rate_limited", { retryAfterMs: SECOND }));
    expect(store.peek(reads).throttledUntil).toBe(clock.now() + 9 * SECOND);
  });
});

describe("a result that comes late", () => {
  test("of before the circuit opened neither closes it nor opens it again", async () => {
    const patient = { ...CALL_LIMITS.background, attemptMs: 120 * SECOND, overallMs: 120 * SECOND };
    const { pendingCall, breakCircuit, clock, state } = breakerUnderTest({
      ...CALL_LIMITS,
      background: patient,
    });
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
