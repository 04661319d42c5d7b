/**
 * The faults for which we took neither cockatiel nor opossum: each is absent here and, where the library is installed,
 * shown on it beside, so that a test that has stopped to look is noticed.
 */
import {
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
  wrap,
} from "cockatiel";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CALL_LIMITS } from "@/lib/resilience/policy";
import { clockOfFakeTimers } from "@/tests/support/fake-clock";
import { behave, outcomeOf, policyUnderTest, READ } from "@/tests/support/policy-under-test";

const SECOND = 1_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const failing = () => behave("unavailable");
const outcome = async (call: Promise<unknown>) => {
  const seen = outcomeOf(call);
  await call.catch(() => undefined);
  return seen.state;
};

test("a backoff ends as soon as nobody waits any more (cockatiel's goes on)", async () => {
  const controller = new AbortController();
  const backoff = new ExponentialBackoff({ generator: () => [1_500, 0], initialDelay: 1_500 });
  let theirAttempts = 0;
  const theirs = retry(handleAll, { maxAttempts: 2, backoff }).execute(() => {
    theirAttempts += 1;
    return failing();
  }, controller.signal);
  const theirEnd = outcomeOf(theirs);
  const limits = {
    ...CALL_LIMITS,
    read: { ...CALL_LIMITS.read, backoff: { baseMs: 1_500, capMs: 1_500 } },
  };
  const random = () => 1 - Number.EPSILON;
  const ours = policyUnderTest({
    clock: clockOfFakeTimers,
    limits,
    random,
    context: { signal: controller.signal },
  });
  const ourEnd = outcomeOf(ours.call(READ, "unavailable"));
  await clockOfFakeTimers.advance(100);
  controller.abort();
  await clockOfFakeTimers.advance(1);
  expect([theirEnd.state, ourEnd.state]).toEqual(["pending", "rejected"]);
  await clockOfFakeTimers.advance(10 * SECOND);
  expect([theirAttempts, ours.arrived.length]).toEqual([2, 1]);
});

test("nothing is tried again after the deadline (cockatiel calls the vendor for nobody)", async () => {
  const backoff = new ExponentialBackoff({ generator: () => [3_000, 0], initialDelay: 3_000 });
  let theirAttempts = 0;
  const theirs = wrap(
    timeout(2 * SECOND, TimeoutStrategy.Aggressive),
    retry(handleAll, { maxAttempts: 2, backoff }),
  ).execute(() => {
    theirAttempts += 1;
    return failing();
  });
  const theirEnd = outcomeOf(theirs);
  const ours = policyUnderTest({
    clock: clockOfFakeTimers,
    context: { deadlineAt: Date.now() + 2 * SECOND },
    limits: { ...CALL_LIMITS, read: { ...CALL_LIMITS.read, backoff: { baseMs: 3_000, capMs: 3_000 } } },
    random: () => 1 - Number.EPSILON,
  });
  const ourEnd = outcomeOf(ours.call(READ, "unavailable"));
  await clockOfFakeTimers.advance(1);
  // Nobody needs to wait for what cannot come in time.
  expect([theirEnd.state, ourEnd.state]).toEqual(["pending", "rejected"]);
  await clockOfFakeTimers.advance(10 * SECOND);
  expect([theirAttempts, ours.arrived.length]).toEqual([2, 1]);
});

test("nobody queues behind the half-open probe (cockatiel's callers do)", async () => {
  const theirs = circuitBreaker(handleAll, {
    halfOpenAfter: 30 * SECOND,
    breaker: new ConsecutiveBreaker(1),
  });
  await outcome(theirs.execute(failing));
  const ours = policyUnderTest({ clock: clockOfFakeTimers });
  await ours.breakCircuit("read");
  await clockOfFakeTimers.advance(30 * SECOND);
  const probes = [theirs.execute(() => behave("hangs")), ours.call(READ, "hangs")].map(outcomeOf);
  await clockOfFakeTimers.advance(1);
  const others = [theirs.execute(() => behave("ok")), ours.call(READ, "ok")].map(outcomeOf);
  await clockOfFakeTimers.advance(1);
  expect(probes.map(({ state }) => state)).toEqual(["pending", "pending"]);
  expect(others.map(({ state }) => state)).toEqual(["pending", "rejected"]);
});

test("one failure after an idle hour opens nothing (cockatiel forgets one bucket a call)", async () => {
  const sampling = { threshold: 0.5, duration: 30 * SECOND, minimumRps: 5 / 30 };
  const theirs = circuitBreaker(handleAll, {
    halfOpenAfter: 30 * SECOND,
    breaker: new SamplingBreaker(sampling),
  });
  const ours = policyUnderTest({ clock: clockOfFakeTimers, context: { origin: "background" } });
  // Nine failures of nineteen calls: not enough for either.
  for (let made = 0; made < 19; made += 1) {
    const answer = made < 10 ? "ok" : "unavailable";
    await outcome(theirs.execute(() => behave(answer)));
    await outcome(ours.call(READ, answer));
    await clockOfFakeTimers.advance(SECOND);
  }
  await clockOfFakeTimers.advance(3_600 * SECOND);
  for (let made = 0; made < 2; made += 1) {
    await outcome(theirs.execute(failing));
    await outcome(ours.call(READ, "unavailable"));
  }
  expect(await outcome(theirs.execute(() => behave("ok")))).toBe("rejected");
  expect(await outcome(ours.call(READ, "ok"))).toBe("resolved");
});

test("one call's timeout does not abort its neighbours (opossum's does)", async () => {
  const ours = policyUnderTest({ clock: clockOfFakeTimers, context: { origin: "background" } });
  const first = outcomeOf(ours.call(READ, "hangs"));
  await clockOfFakeTimers.advance(3 * SECOND);
  const second = outcomeOf(
    ours.policy(READ, async ({ signal }) => {
      await new Promise((resolve) => setTimeout(resolve, 9 * SECOND));
      return signal.aborted;
    }),
  );
  await clockOfFakeTimers.advance(7 * SECOND);
  expect([first.state, second.state]).toEqual(["rejected", "pending"]);
  await clockOfFakeTimers.advance(2 * SECOND);
  expect(second).toMatchObject({ state: "resolved", value: false });
});

test("an open circuit that is restored does not probe at once (opossum's does, and cockatiel's half-open one)", async () => {
  const theirs = circuitBreaker(handleAll, {
    halfOpenAfter: 30 * SECOND,
    breaker: new ConsecutiveBreaker(1),
  });
  await outcome(theirs.execute(failing));
  const ours = policyUnderTest({ clock: clockOfFakeTimers });
  await ours.breakCircuit("read");
  await clockOfFakeTimers.advance(30 * SECOND);
  void outcome(theirs.execute(() => behave("hangs")));
  void outcome(ours.call(READ, "hangs"));
  await clockOfFakeTimers.advance(SECOND);
  const restored = circuitBreaker(handleAll, {
    halfOpenAfter: 30 * SECOND,
    breaker: new ConsecutiveBreaker(1),
    initialState: theirs.toJSON(),
  });
  const started = policyUnderTest({ clock: clockOfFakeTimers, between: () => ours.store });
  expect(await outcome(restored.execute(() => behave("ok")))).toBe("resolved");
  expect(await outcome(started.call(READ, "ok"))).toBe("rejected");

  const open = policyUnderTest({ clock: clockOfFakeTimers });
  await open.breakCircuit("read");
  await clockOfFakeTimers.advance(10 * SECOND);
  const next = policyUnderTest({ clock: clockOfFakeTimers, between: () => open.store });
  await expect(next.call(READ, "ok")).rejects.toMatchObject({
    kind: "circuit_open",
    retryAfterMs: 20 * SECOND,
  });
});
