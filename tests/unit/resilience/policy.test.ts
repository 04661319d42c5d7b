import { describe, expect, test, vi } from "vitest";
import { isIntegrationError } from "@/lib/errors/integration-error";
import type { CallDescription } from "@/lib/resilience/call";
import type { CircuitStore } from "@/lib/resilience/circuit-store";
import { createConcurrencyLimit } from "@/lib/resilience/concurrency-limit";
import { CALL_LIMITS } from "@/lib/resilience/policy";
import { createFakeClock } from "@/tests/support/fake-clock";
import {
  type Behaviour,
  circuitOf,
  failure,
  outcomeOf,
  policyUnderTest,
  READ,
  UNKEYED_WRITE,
  WRITE,
} from "@/tests/support/policy-under-test";

const SECOND = 1_000;
/** The longest backoff that chance can bring. */
const longest = () => 1 - Number.EPSILON;

/** Follows a call to its end, and says how it ended and how long that took. */
async function followed(core: ReturnType<typeof policyUnderTest>, call: Promise<unknown>) {
  const begun = core.clock.now();
  let tookMs = -1;
  const outcome = outcomeOf(
    call.finally(() => {
      tookMs = core.clock.now() - begun;
    }),
  );
  for (let waited = 0; tookMs < 0 && waited < 60 * SECOND; waited += 50) await core.clock.advance(50);
  return { ...outcome, tookMs };
}

const follow = (
  core: ReturnType<typeof policyUnderTest>,
  call: CallDescription,
  ...behaviours: Behaviour[]
) => followed(core, core.call(call, ...behaviours));

describe("a call", () => {
  test("that succeeds answers what the vendor answered", async () => {
    const { call, arrived, attempts } = policyUnderTest();
    await expect(call(READ, "ok")).resolves.toBe("answer");
    expect(arrived).toHaveLength(1);
    expect(attempts).toMatchObject([{ number: 1, outcome: "ok", isProbe: false, status: null }]);
  });

  test.each(["timeout", "unavailable", "rate_limited", "conflict"] as const)(
    "that fails of %s is tried again, three times in all",
    async (kind) => {
      const core = policyUnderTest();
      const { error } = await follow(core, READ, kind);
      expect(error).toMatchObject({ kind });
      expect(core.arrived.map(({ attempt }) => attempt.number)).toEqual([1, 2, 3]);
    },
  );

  test.each([
    "credentials_rejected",
    "invalid_request",
    "declined",
    "not_found",
    "aborted",
    "unknown",
  ] as const)("that fails of %s is not tried again", async (kind) => {
    const core = policyUnderTest();
    const { error } = await follow(core, READ, kind);
    expect(error).toMatchObject({ kind });
    expect(core.arrived).toHaveLength(1);
  });

  test("that succeeds at the third attempt has succeeded", async () => {
    const core = policyUnderTest();
    const { value } = await follow(core, WRITE, "unavailable", "timeout", "ok");
    expect(value).toBe("answer");
    expect(core.attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, "unavailable"],
      [2, "timeout"],
      [3, "ok"],
    ]);
  });

  test("waits between attempts, longer each time, by chance", async () => {
    const core = policyUnderTest({ random: longest });
    await follow(core, READ, "unavailable");
    const at = core.arrived.map((one) => one.at - (core.arrived[0]?.at ?? 0));
    expect(at.map(Math.round)).toEqual([0, 250, 750]);
  });

  test("that throws something else passes it on as it is, once, and leaves breaker and hooks alone", async () => {
    const core = policyUnderTest();
    const mistake = new TypeError("ours");
    for (let made = 0; made < 20; made += 1) {
      const { error } = await follow(core, READ, mistake);
      expect(error).toBe(mistake);
    }
    await core.breakers.flush();
    expect(core.arrived).toHaveLength(20);
    expect(core.attempts).toEqual([]);
    expect(core.store.peek(circuitOf("read")).state.kind).toBe("closed");
  });

  test("whose function throws before it gives a promise is treated no differently", async () => {
    const { policy, clock } = policyUnderTest();
    const mistake = new TypeError("ours");
    const outcome = outcomeOf(
      policy(READ, () => {
        throw mistake;
      }),
    );
    await clock.advance(0);
    expect(outcome.error).toBe(mistake);
    expect(clock.waiting()).toBe(0);
  });

  test.each<[string, Behaviour[]]>([
    ["succeeds", ["ok"]],
    ["fails for good", ["declined"]],
    ["is tried again", ["unavailable", "ok"]],
    ["hangs", ["hangs"]],
  ])("that %s leaves no timer behind", async (_, behaviours) => {
    const core = policyUnderTest();
    await follow(core, READ, ...behaviours);
    expect(core.clock.waiting()).toBe(0);
  });
});

describe("a write", () => {
  test("with a key is tried again under the same key", async () => {
    const core = policyUnderTest();
    await follow(core, WRITE, "unavailable");
    expect(core.arrived).toHaveLength(3);
  });

  test("without a key is made once, whatever it fails of", async () => {
    const core = policyUnderTest();
    const { error } = await follow(core, UNKEYED_WRITE, "unavailable");
    expect(error).toMatchObject({ kind: "unavailable", mayHaveTakenEffect: true });
    expect(core.arrived).toHaveLength(1);
  });

  test("with an empty key is one without", async () => {
    const core = policyUnderTest();
    await follow(core, { operation: "things.make", effect: "write", idempotencyKey: "" }, "unavailable");
    expect(core.arrived).toHaveLength(1);
  });

  test("without a key cannot ask for more attempts: it does not compile", () => {
    const { policy } = policyUnderTest();
    const run = async () => undefined;
    const refusedByTheCompiler = () => [
      // @ts-expect-error two attempts
      policy({ operation: "things.make", effect: "write", idempotencyKey: null, attempts: 2 }, run),
      // @ts-expect-error as many as the policy likes
      policy({ operation: "things.make", effect: "write", idempotencyKey: null }, run),
      // @ts-expect-error no word of a key
      policy({ operation: "things.make", effect: "write" }, run),
      // @ts-expect-error a key that may be missing
      policy({ operation: "things.make", effect: "write", idempotencyKey: undefined }, run),
    ];
    expect(refusedByTheCompiler).toBeTypeOf("function");
  });
});

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

describe("what a failed call says of its effect", () => {
  test("is none for a read, whatever happened to it", async () => {
    const core = policyUnderTest();
    const { error } = await follow(core, READ, "hangs", "unavailable");
    expect(error).toMatchObject({ kind: "unavailable", mayHaveTakenEffect: false });
  });

  test("is uncertain once an attempt was, although a later one was refused", async () => {
    const core = policyUnderTest();
    const { error } = await follow(core, WRITE, "timeout", "declined");
    expect(error).toMatchObject({ kind: "declined", mayHaveTakenEffect: true });
  });

  test("is uncertain once an attempt was, although a later one did not reach the vendor", async () => {
    const core = policyUnderTest();
    const unreachable = failure("unavailable", { mayHaveTakenEffect: false });
    const { error } = await follow(core, WRITE, "timeout", unreachable);
    expect(error).toMatchObject({ kind: "unavailable", mayHaveTakenEffect: true });
  });

  test("is certain where no attempt reached the vendor", async () => {
    const core = policyUnderTest();
    const { error } = await follow(core, WRITE, failure("unavailable", { mayHaveTakenEffect: false }));
    expect(core.arrived).toHaveLength(3);
    expect(error).toMatchObject({ mayHaveTakenEffect: false });
  });

  test("comes from the vendor's failure, not from the breaker that opened meanwhile", async () => {
    const core = policyUnderTest({ random: longest });
    const call = outcomeOf(core.call(WRITE, "timeout"));
    await core.clock.advance(100);
    await core.breakCircuit("write");
    await core.clock.advance(SECOND);
    expect(call.error).toMatchObject({ kind: "timeout", mayHaveTakenEffect: true });
    expect(core.arrived).toHaveLength(1);
    expect(core.heldBack).toMatchObject([{ by: "circuit", error: { kind: "circuit_open" } }]);
  });
});

describe("the retry budget", () => {
  test("refuses a retry, and the call fails at once with what happened", async () => {
    const core = policyUnderTest({
      budget: {
        countCall: () => undefined,
        tryRetry: () => false,
        state: () => ({ calls: 0, retries: 0, left: 0 }),
      },
    });
    const { error, tookMs } = await follow(core, WRITE, "unavailable");
    expect(error).toMatchObject({ kind: "unavailable", mayHaveTakenEffect: true });
    expect([core.arrived.length, tookMs]).toEqual([1, 0]);
    expect(core.heldBack).toMatchObject([{ by: "budget", error: { kind: "unavailable" } }]);
  });

  test("is shared by all calls of a policy: ten retries a minute in a quiet app", async () => {
    const core = policyUnderTest({ rules: { minimumFailures: 1_000 } });
    for (let made = 0; made < 9; made += 1) await follow(core, READ, "unavailable");
    expect(core.arrived).toHaveLength(9 + 10);
  });

  test("grows by calls that were sent, not by calls that were refused", async () => {
    let counted = 0;
    const budget = {
      countCall: () => (counted += 1),
      tryRetry: () => true,
      state: () => ({ calls: 0, retries: 0, left: 0 }),
    };
    const core = policyUnderTest({ budget });
    await follow(core, READ, "unavailable");
    expect(counted).toBe(1);
    await core.breakCircuit("read");
    for (let made = 0; made < 5; made += 1) await follow(core, READ, "ok");
    expect(counted).toBe(1);
  });
});

describe("the concurrency limit", () => {
  function crowded(rules = { atOnce: 1, waiting: 1 }) {
    const clock = createFakeClock();
    return policyUnderTest({ clock, concurrency: createConcurrencyLimit(clock, rules) });
  }

  test("makes calls wait for a place, and those beyond the line fail at once, unsent", async () => {
    const core = crowded();
    const calls = [1, 2, 3].map(() => outcomeOf(core.call(WRITE, "hangs")));
    await core.clock.advance(0);
    expect(core.arrived).toHaveLength(1);
    expect(calls[2]?.error).toMatchObject({
      kind: "unavailable",
      retryable: true,
      mayHaveTakenEffect: false,
    });
    expect(core.heldBack).toMatchObject([{ by: "concurrency" }]);
    await core.clock.advance(CALL_LIMITS.write.attemptMs);
    expect(core.arrived.length).toBeGreaterThan(1);
  });

  test("gives a place back after a success, a failure and a timeout", async () => {
    for (const behaviour of ["ok", "declined", "hangs", new TypeError("ours")] satisfies Behaviour[]) {
      const core = crowded();
      await follow(core, READ, behaviour);
      await expect(core.call(READ, "ok")).resolves.toBe("answer");
    }
  });

  test("is not stood in line for where the circuit refuses anyway", async () => {
    const core = crowded({ atOnce: 1, waiting: 10 });
    const hanging = outcomeOf(core.call(READ, "hangs"));
    await core.breakCircuit("write");
    const refused = outcomeOf(core.call(WRITE, "ok"));
    await core.clock.advance(0);
    expect(refused.error).toMatchObject({ kind: "circuit_open" });
    expect(hanging.state).toBe("pending");
  });

  test("lets nobody through whose circuit opened while they stood in line", async () => {
    const core = crowded({ atOnce: 1, waiting: 10 });
    void core.call(READ, "hangs").catch(() => undefined);
    await core.clock.advance(0);
    const waiting = outcomeOf(core.call(WRITE, "ok"));
    await core.clock.advance(0);
    await core.breakCircuit("write");
    await core.clock.advance(CALL_LIMITS.read.attemptMs);
    expect(waiting.error).toMatchObject({ kind: "circuit_open", mayHaveTakenEffect: false });
    expect(core.arrived.filter(({ at }) => at > core.clock.now() - SECOND).length).toBeLessThanOrEqual(1);
  });

  test("is not used up by calls that wait for a throttled vendor", async () => {
    const core = crowded({ atOnce: 1, waiting: 0 });
    await core.store.throttle(circuitOf("write"), 5 * SECOND);
    await core.breakers.flush();
    const throttled = outcomeOf(core.call(WRITE, "ok"));
    await core.clock.advance(SECOND);
    await expect(core.call(READ, "ok")).resolves.toBe("answer");
    expect(throttled.state).toBe("pending");
  });

  test("is not used up by a call that finds the vendor throttled when its turn has come", async () => {
    const core = crowded({ atOnce: 1, waiting: 1 });
    let answer = (_: string) => undefined as unknown;
    void core.policy(READ, () => new Promise<string>((resolve) => (answer = resolve)));
    await core.clock.advance(0);
    const inLine = outcomeOf(core.call(WRITE, "ok"));
    await core.clock.advance(0);
    await core.store.throttle(circuitOf("write"), 4 * SECOND);
    await core.breakers.flush();
    answer("answer");
    await core.clock.advance(1);
    await expect(core.call(READ, "ok")).resolves.toBe("answer");
    expect(inLine.state).toBe("pending");
    await core.clock.advance(4 * SECOND);
    expect(inLine.value).toBe("answer");
  });

  test("keeps no place for a call that was refused or gave up", async () => {
    const core = crowded({ atOnce: 1, waiting: 5 });
    await core.breakCircuit("read");
    for (let made = 0; made < 3; made += 1) await follow(core, READ, "ok");
    await expect(core.call(WRITE, "ok")).resolves.toBe("answer");
  });

  test("does not make a probe stand in line: it is given back", async () => {
    const core = crowded({ atOnce: 1, waiting: 5 });
    await core.breakCircuit("write");
    await core.clock.advance(30 * SECOND);
    void core.call(READ, "hangs").catch(() => undefined);
    await core.clock.advance(0);
    const held = outcomeOf(core.call(WRITE, "ok"));
    await core.clock.advance(0);
    expect(held.error).toMatchObject({ kind: "unavailable", mayHaveTakenEffect: false });
    expect(core.store.peek(circuitOf("write")).state).toMatchObject({
      kind: "open",
      probeAt: core.clock.now(),
    });
  });
});

describe("hooks", () => {
  test("hear of each attempt: what, for whom, how long, how it ended", async () => {
    const core = policyUnderTest({ context: { correlationId: "c-1" } });
    await follow(core, WRITE, failure("unavailable", { status: 503, requestId: "req_1" }), "ok");
    expect(core.attempts).toMatchObject([
      {
        provider: "acme",
        mode: "test",
        operation: "things.make",
        effect: "write",
        context: { origin: "interactive", correlationId: "c-1" },
        number: 1,
        outcome: "unavailable",
        status: 503,
        requestId: "req_1",
        quota: null,
      },
      { number: 2, outcome: "ok", status: null, requestId: null },
    ]);
  });

  test("hear what an attempt observed of the answer's headers", async () => {
    const core = policyUnderTest();
    const quota = { limit: 10, remaining: 3, resetsInMs: 500 };
    const call = core.policy(READ, async ({ observe }) => {
      observe({ quota });
      await new Promise<void>((resolve) => core.clock.after(120, resolve));
      observe({ requestId: "req_2" });
    });
    await followed(core, call);
    expect(core.attempts).toMatchObject([{ requestId: "req_2", quota, durationMs: 120 }]);
  });

  test("can wrap a whole call, attempts and waits together", async () => {
    const seen: string[] = [];
    const clock = createFakeClock();
    const { breakers } = policyUnderTest({ clock });
    const core = policyUnderTest({
      clock,
      breakers,
      hooks: {
        onAttempt: ({ outcome }) => seen.push(outcome),
        around: async ({ operation }, run) => {
          seen.push(`${operation} begins`);
          try {
            return await run();
          } finally {
            seen.push("ends");
          }
        },
      },
    } as Parameters<typeof policyUnderTest>[0]);
    await follow(core, READ, "unavailable", "ok");
    expect(seen).toEqual(["things.get begins", "unavailable", "ok", "ends"]);
  });

  test("are not needed", async () => {
    const core = policyUnderTest({ hooks: {} });
    await follow(core, READ, "unavailable");
    expect(core.arrived).toHaveLength(3);
  });
});

test("whatever a vendor does, a caller sees an IntegrationError or the answer, by the deadline", async () => {
  const behaviours: Behaviour[] = [
    "ok",
    "hangs",
    "timeout",
    "unavailable",
    "rate_limited",
    "declined",
    "unknown",
  ];
  for (const first of behaviours) {
    for (const second of behaviours) {
      const core = policyUnderTest({ random: longest });
      const { value, error, tookMs } = await follow(core, WRITE, first, second);
      expect(value === "answer" || isIntegrationError(error)).toBe(true);
      expect(tookMs).toBeLessThanOrEqual(CALL_LIMITS.write.overallMs);
      expect(core.clock.waiting()).toBe(0);
    }
  }
});
