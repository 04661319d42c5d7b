import { describe, expect, test } from "vitest";
import { createConcurrencyLimit } from "@/lib/resilience/concurrency-limit";
import { CALL_LIMITS } from "@/lib/resilience/policy";
import { createFakeClock } from "@/tests/support/fake-clock";
import {
  type Behaviour,
  circuitOf,
  failure,
  follow,
  outcomeOf,
  policyUnderTest,
  READ,
  WRITE,
} from "@/tests/support/policy-under-test";

const SECOND = 1_000;
/** The longest backoff that chance can bring. */
const longest = () => 1 - Number.EPSILON;

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
