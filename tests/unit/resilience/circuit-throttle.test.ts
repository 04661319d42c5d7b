import { describe, expect, test } from "vitest";
import { CALL_LIMITS } from "@/lib/resilience/policy";
import { breakerUnderTest } from "@/tests/support/breaker-under-test";
import { circuitOf, failure, outcomeOf, policyUnderTest, READ } from "@/tests/support/policy-under-test";

const SECOND = 1_000;
const reads = circuitOf("read");

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
