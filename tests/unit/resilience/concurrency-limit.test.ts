import { expect, test } from "vitest";
import { createConcurrencyLimit } from "@/lib/resilience/concurrency-limit";
import { createFakeClock } from "@/tests/support/fake-clock";
import { outcomeOf } from "@/tests/support/policy-under-test";

function limitUnderTest(rules = { atOnce: 2, waiting: 2 }) {
  const clock = createFakeClock();
  return { clock, limit: createConcurrencyLimit(clock, rules) };
}

/** Joins the line; fails the test where there was room or no line. */
function inLine(entered: boolean | Promise<boolean>) {
  if (typeof entered === "boolean") throw new Error(`did not have to wait: ${entered}`);
  return outcomeOf(entered);
}

test("so many enter at once, without waiting", () => {
  const { limit } = limitUnderTest();
  expect([limit.enter(1_000), limit.enter(1_000)]).toEqual([true, true]);
  expect(limit.state()).toEqual({ running: 2, waiting: 0 });
});

test("who comes later enters in the order of arrival, one for each that leaves", async () => {
  const { clock, limit } = limitUnderTest();
  limit.enter(1_000);
  limit.enter(1_000);
  const [first, second] = [inLine(limit.enter(1_000)), inLine(limit.enter(1_000))];
  limit.leave();
  await clock.advance(0);
  expect([first.value, second.value]).toEqual([true, undefined]);
  limit.leave();
  await clock.advance(0);
  expect([first.value, second.value]).toEqual([true, true]);
  expect(limit.state()).toEqual({ running: 2, waiting: 0 });
});

test("nobody overtakes the line", async () => {
  const { clock, limit } = limitUnderTest({ atOnce: 1, waiting: 2 });
  limit.enter(1_000);
  const first = inLine(limit.enter(1_000));
  limit.leave();
  const late = inLine(limit.enter(1_000));
  await clock.advance(0);
  expect(first.value).toBe(true);
  expect(late.state).toBe("pending");
});

test("the line has an end", () => {
  const { limit } = limitUnderTest();
  for (const _ of [1, 2, 3, 4]) limit.enter(1_000);
  expect(limit.enter(1_000)).toBe(false);
  expect(limit.state()).toEqual({ running: 2, waiting: 2 });
});

test("who has no time does not join the line", () => {
  const { limit } = limitUnderTest({ atOnce: 1, waiting: 2 });
  limit.enter(1_000);
  expect([limit.enter(0), limit.enter(-5)]).toEqual([false, false]);
});

test("who waits too long gives up, and takes no place afterwards", async () => {
  const { clock, limit } = limitUnderTest({ atOnce: 1, waiting: 2 });
  limit.enter(1_000);
  const waiter = inLine(limit.enter(100));
  await clock.advance(99);
  expect(waiter.state).toBe("pending");
  await clock.advance(1);
  expect(waiter.value).toBe(false);
  limit.leave();
  expect(limit.state()).toEqual({ running: 0, waiting: 0 });
  expect(limit.enter(0)).toBe(true);
});

test("who is told to stop leaves the line at once", async () => {
  const { clock, limit } = limitUnderTest({ atOnce: 1, waiting: 2 });
  const controller = new AbortController();
  limit.enter(1_000);
  const waiter = inLine(limit.enter(1_000, controller.signal));
  controller.abort();
  await clock.advance(0);
  expect(waiter.value).toBe(false);
  expect(limit.state()).toEqual({ running: 1, waiting: 0 });
  expect(clock.waiting()).toBe(0);
});

test("leaves no timer behind", async () => {
  const { clock, limit } = limitUnderTest({ atOnce: 1, waiting: 2 });
  limit.enter(1_000);
  const waiter = inLine(limit.enter(1_000));
  limit.leave();
  await clock.advance(0);
  expect(waiter.value).toBe(true);
  expect(clock.waiting()).toBe(0);
});
