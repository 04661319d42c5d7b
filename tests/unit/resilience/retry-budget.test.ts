import { expect, test } from "vitest";
import { createRetryBudget } from "@/lib/resilience/retry-budget";
import { createFakeClock } from "@/tests/support/fake-clock";

const MINUTE = 60_000;

function budgetUnderTest() {
  const clock = createFakeClock();
  const budget = createRetryBudget(clock);
  return {
    clock,
    budget,
    calls: (count: number) => {
      for (let done = 0; done < count; done += 1) budget.countCall();
    },
    /** How many of so many retries were granted. */
    retries: (wanted: number) => {
      let granted = 0;
      for (let asked = 0; asked < wanted; asked += 1) if (budget.tryRetry()) granted += 1;
      return granted;
    },
  };
}

test("a quiet app may retry ten times a minute", () => {
  const { budget, calls, retries } = budgetUnderTest();
  calls(1);
  expect(retries(100)).toBe(10);
  expect(budget.state()).toEqual({ calls: 1, retries: 10, left: 0 });
});

test("a busy app may also retry a tenth of its calls", () => {
  const { calls, retries } = budgetUnderTest();
  calls(1_009);
  expect(retries(1_000)).toBe(100 + 10);
});

test("what was spent comes back after a minute, and not before", async () => {
  const { clock, retries } = budgetUnderTest();
  expect(retries(11)).toBe(10);
  await clock.advance(MINUTE - 1);
  expect(retries(1)).toBe(0);
  await clock.advance(MINUTE / 10 + 1);
  expect(retries(11)).toBe(10);
});

test("no minute sees more than its budget, wherever it begins", async () => {
  const { clock, retries } = budgetUnderTest();
  const granted: number[] = [];
  // Asks at once whenever there is one to be had; in particular at the end of one slot and the beginning of another.
  for (let step = 0; step < 300; step += 1) {
    for (let got = retries(20); got > 0; got -= 1) granted.push(clock.now());
    await clock.advance(999);
  }
  for (const from of granted) {
    expect(granted.filter((at) => at >= from && at < from + MINUTE).length).toBeLessThanOrEqual(10);
  }
  expect(granted.length).toBeGreaterThan(30);
});

test("calls of an hour ago allow no retry now", async () => {
  const { clock, calls, retries } = budgetUnderTest();
  calls(10_000);
  await clock.advance(60 * MINUTE);
  expect(retries(100)).toBe(10);
});

test("a clock that is set back neither refills the budget nor freezes it for as long", async () => {
  const little = budgetUnderTest();
  expect(little.retries(10)).toBe(10);
  little.clock.setBack(MINUTE / 2);
  expect(little.retries(1)).toBe(0);

  const much = budgetUnderTest();
  expect(much.retries(10)).toBe(10);
  much.clock.setBack(60 * MINUTE);
  await much.clock.advance(2 * MINUTE);
  expect(much.retries(1)).toBe(1);
});
