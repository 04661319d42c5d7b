/**
 * Thousands of sequences of calls whose attempts go well, badly, slowly or never end: attempts, waits, budget, deadline
 * and the failure that the caller sees, against a model that works a call out from its script on paper. The circuit
 * never opens here; what it does has a model of its own.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { IntegrationError } from "@/lib/errors/integration-error";
import type { CallDescription, Origin } from "@/lib/resilience/call";
import {
  behave,
  failure,
  outcomeOf,
  policyUnderTest,
  READ,
  UNKEYED_WRITE,
  WRITE,
} from "@/tests/support/policy-under-test";

const SEQUENCES = 3_500;

type Kind = "timeout" | "unavailable" | "conflict" | "declined" | "not_found" | "rate_limited";

interface Attempt {
  /** The vendor's time. */
  latencyMs: number;
  answer: "ok" | Kind;
  retryAfterMs: number | null;
}

interface Call {
  type: "read" | "write" | "unkeyed write" | "background write";
  /** What the surrounding action leaves of its time; null for all of it. */
  leftMs: number | null;
  script: [Attempt, Attempt, Attempt];
}

/** The table of docs/resilience.md. */
const LIMITS = {
  read: { attemptMs: 5_000, overallMs: 8_000, attempts: 3 },
  write: { attemptMs: 8_000, overallMs: 10_000, attempts: 3 },
  "unkeyed write": { attemptMs: 8_000, overallMs: 10_000, attempts: 1 },
  "background write": { attemptMs: 10_000, overallMs: 10_000, attempts: 1 },
};
const DESCRIPTIONS: Record<Call["type"], CallDescription> = {
  read: READ,
  write: WRITE,
  "unkeyed write": UNKEYED_WRITE,
  "background write": WRITE,
};
const TRIED_AGAIN: (string | null)[] = ["timeout", "unavailable", "conflict", "rate_limited"];
const UNCERTAIN: (string | null)[] = ["timeout", "unavailable", "conflict"];

interface Ending {
  sentAt: number[];
  at: number;
  kind: "ok" | Kind;
  mayHaveTakenEffect: boolean;
  retryAfterMs: number | null;
}

interface Model {
  now: number;
  /** The same for every draw of a sequence. */
  chance: number;
  throttledUntil: { read: number; write: number };
  calls: number[];
  retries: number[];
}

/** The slots of six seconds that a budget of one minute looks at: this one and the ten before. */
function hasBudget({ calls, retries }: Model, now: number): boolean {
  const slotOf = (at: number) => Math.floor(at / 6_000);
  const recent = (times: number[]) => times.filter((at) => slotOf(at) >= slotOf(now) - 10).length;
  return recent(retries) < Math.floor(recent(calls) / 10) + 10;
}

function workOut(model: Model, { type, leftMs, script }: Call): Ending {
  const limits = LIMITS[type];
  const effect = type === "read" ? "read" : "write";
  const deadline = model.now + Math.min(limits.overallMs, leftMs ?? limits.overallMs);
  const sentAt: number[] = [];
  let at = model.now;
  let last: Omit<Ending, "sentAt" | "at"> | null = null;
  let isUncertain = false;
  const end = (ending: Omit<Ending, "sentAt" | "at">): Ending => ({ ...ending, sentAt, at });
  const unsent = (kind: Kind, retryAfterMs: number | null): Ending =>
    end(last ?? { kind, mayHaveTakenEffect: false, retryAfterMs });

  for (const [index, planned] of script.entries()) {
    if (at >= deadline) return unsent("timeout", null);
    const throttledMs = model.throttledUntil[effect] - at;
    if (throttledMs > 0) {
      const waitMs = throttledMs + model.chance * 250;
      if (type === "background write" || at + waitMs >= deadline) return unsent("rate_limited", throttledMs);
      at += waitMs;
    }
    if (index === 0) model.calls.push(at);
    sentAt.push(at);
    const limitMs = Math.min(limits.attemptMs, deadline - at);
    const isCut = planned.latencyMs >= limitMs;
    at += isCut ? limitMs : planned.latencyMs;
    const kind = isCut ? "timeout" : planned.answer;
    const retryAfterMs = isCut ? null : planned.retryAfterMs;
    if (kind === "ok") return end({ kind, mayHaveTakenEffect: false, retryAfterMs: null });
    if (kind === "rate_limited" && retryAfterMs !== null) {
      model.throttledUntil[effect] = Math.max(model.throttledUntil[effect], at + retryAfterMs);
    }
    isUncertain ||= effect === "write" && UNCERTAIN.includes(kind);
    last = { kind, mayHaveTakenEffect: isUncertain, retryAfterMs };
    const waitMs = (retryAfterMs ?? 0) + model.chance * Math.min(2_000, 250 * 2 ** index);
    if (!TRIED_AGAIN.includes(kind) || index + 1 >= limits.attempts) return end(last);
    if (at + waitMs >= deadline || !hasBudget(model, at)) return end(last);
    model.retries.push(at);
    at += waitMs;
  }
  throw new Error("no call is attempted more often than three times");
}

function createReal(chance: number) {
  const context: { origin: Origin; deadlineAt: number | null } = { origin: "interactive", deadlineAt: null };
  const core = policyUnderTest({
    context,
    random: () => chance,
    rules: { minimumFailures: Number.POSITIVE_INFINITY },
  });
  const { clock } = core;
  return {
    clock,
    /** Makes the call and goes on to the time by which it should have ended. */
    call: async ({ type, leftMs, script }: Call, untilMs: number) => {
      const sentAt: number[] = [];
      let at: number | null = null;
      context.origin = type === "background write" ? "background" : "interactive";
      context.deadlineAt = leftMs === null ? null : clock.now() + leftMs;
      const call = core.policy(DESCRIPTIONS[type], async ({ number }) => {
        sentAt.push(clock.now());
        const { latencyMs, answer, retryAfterMs } = script[number - 1] ?? script[0];
        await new Promise<void>((resolve) => clock.after(latencyMs, resolve));
        return behave(answer === "ok" ? "ok" : failure(answer, { retryAfterMs }));
      });
      const outcome = outcomeOf(
        call.finally(() => {
          at = clock.now();
        }),
      );
      await clock.advance(untilMs);
      const { kind, mayHaveTakenEffect, retryAfterMs } = (outcome.error ?? SUCCESS) as IntegrationError;
      return { sentAt, at, kind, mayHaveTakenEffect, retryAfterMs };
    },
  };
}

const SUCCESS = { kind: "ok", mayHaveTakenEffect: false, retryAfterMs: null };

type Real = ReturnType<typeof createReal>;

function step(name: string, take: (model: Model, real: Real) => Promise<void>): fc.AsyncCommand<Model, Real> {
  return { check: () => true, run: take, toString: () => name };
}

const attempts: fc.Arbitrary<Attempt> = fc.record({
  latencyMs: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 800 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(1_999, 2_000, 4_999, 5_000, 7_999, 8_000, 9_999, 10_000, 60_000),
    },
  ),
  answer: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom("ok" as const, "declined" as const, "not_found" as const) },
    {
      weight: 5,
      arbitrary: fc.constantFrom("unavailable" as const, "timeout" as const, "conflict" as const),
    },
    { weight: 1, arbitrary: fc.constant("rate_limited" as const) },
  ),
  retryAfterMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 12_000 }) },
  ),
});

const calls: fc.Arbitrary<Call> = fc.record({
  type: fc.constantFrom("read", "write", "unkeyed write", "background write"),
  leftMs: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 9_000 }) },
  ),
  script: fc.tuple(attempts, attempts, attempts),
});

const steps = [
  calls.map((call) =>
    step(`call ${JSON.stringify(call)}`, async (model, real) => {
      const expected = workOut(model, call);
      const seen = await real.call(call, expected.at - model.now);
      model.now = expected.at;
      expect(seen).toEqual(expected);
    }),
  ),
  fc.integer({ min: 1, max: 30_000 }).map((ms) =>
    step(`${ms} ms pass`, async (model, real) => {
      model.now += ms;
      await real.clock.advance(ms);
    }),
  ),
];

test(`calls are tried again as their rules say, in ${SEQUENCES} sequences`, {
  timeout: 120_000,
}, async () => {
  const chances = fc.constantFrom(0, 0.25, 0.5, 0.75);
  const commands = fc.commands(steps, { maxCommands: 25, size: "max" });
  await fc.assert(
    fc.asyncProperty(chances, commands, async (chance, sequence) => {
      const setUp = () => {
        const real = createReal(chance);
        const throttledUntil = { read: 0, write: 0 };
        return { real, model: { now: real.clock.now(), chance, throttledUntil, calls: [], retries: [] } };
      };
      await fc.asyncModelRun(setUp, sequence);
    }),
    // Ends the search for the shortest sequence in time to print it.
    { numRuns: SEQUENCES, interruptAfterTimeLimit: 90_000, markInterruptAsFailure: true },
  );
});
