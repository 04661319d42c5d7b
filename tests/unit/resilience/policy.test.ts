import { describe, expect, test } from "vitest";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { CALL_LIMITS } from "@/lib/resilience/policy";
import { createFakeClock } from "@/tests/support/fake-clock";
import {
  type Behaviour,
  circuitOf,
  failure,
  follow,
  followed,
  outcomeOf,
  policyUnderTest,
  READ,
  UNKEYED_WRITE,
  WRITE,
} from "@/tests/support/policy-under-test";

/** The longest backoff that chance can bring. */
const longest = () => 1 - Number.EPSILON;

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
      observe({});
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
