/** Thousands of sequences of calls, retries and time: the budget against a list of what happened when. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRetryBudget } from "@/lib/resilience/retry-budget";
import { createFakeClock } from "@/tests/support/fake-clock";

const SEQUENCES = 3_000;
const WINDOW_MS = 60_000;
/** A window is looked at in slots, and never shorter than it is: what is this much older may still count. */
const SLACK_MS = 6_000;

interface Model {
  calls: Counted[];
  retries: Counted[];
}

interface Counted {
  at: number;
  count: number;
}

function createReal() {
  const clock = createFakeClock();
  return { clock, budget: createRetryBudget(clock) };
}

type Real = ReturnType<typeof createReal>;

const within = (counted: Counted[], now: number, ms: number) =>
  counted.reduce((sum, { at, count }) => (at > now - ms ? sum + count : sum), 0);
const allowed = (calls: number) => Math.floor(calls / 10) + 10;

function step(
  name: string,
  take: (model: Model, real: Real) => void | Promise<void>,
): fc.AsyncCommand<Model, Real> {
  return {
    check: () => true,
    run: async (model, real) => {
      await take(model, real);
      expect(real.budget.state().left).toBeGreaterThanOrEqual(0);
    },
    toString: () => name,
  };
}

function retry({ calls, retries }: Model, { clock, budget }: Real): void {
  const now = clock.now();
  const isGranted = budget.tryRetry();
  if (isGranted) retries.push({ at: now, count: 1 });
  const spent = within(retries, now, isGranted ? WINDOW_MS : WINDOW_MS + SLACK_MS);
  const most = allowed(within(calls, now, isGranted ? WINDOW_MS + SLACK_MS : WINDOW_MS));
  if (isGranted && spent > most) throw new Error(`granted ${spent} retries where ${most} were allowed`);
  if (!isGranted && spent < most)
    throw new Error(`refused a retry, though only ${spent} of ${most} were spent`);
}

const steps = [
  fc.integer({ min: 1, max: 200 }).map((count) =>
    step(`${count} calls`, ({ calls }, { clock, budget }) => {
      for (let made = 0; made < count; made += 1) budget.countCall();
      calls.push({ at: clock.now(), count });
    }),
  ),
  fc.integer({ min: 1, max: 25 }).map((count) =>
    step(`${count} retries`, (model, real) => {
      for (let asked = 0; asked < count; asked += 1) retry(model, real);
    }),
  ),
  fc
    .oneof(fc.integer({ min: 1, max: 15_000 }), fc.integer({ min: 50_000, max: 70_000 }))
    .map((ms) => step(`${ms} ms pass`, (_, { clock }) => clock.advance(ms))),
];

test(`retries stay within their budget, and use it, in ${SEQUENCES} sequences`, {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 40, size: "max" }), (commands) =>
      fc.asyncModelRun(() => ({ model: { calls: [], retries: [] }, real: createReal() }), commands),
    ),
    // Ends the search for the shortest sequence in time to print it.
    { numRuns: SEQUENCES, interruptAfterTimeLimit: 90_000, markInterruptAsFailure: true },
  );
});
