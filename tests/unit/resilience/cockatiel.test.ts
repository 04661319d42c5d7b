/**
 * Cockatiel 3.2.1 as the oracle, for what the two share.
 *
 * Shared, and compared on generated sequences:
 * - Breaker: the share of failures in a window of thirty seconds, open for thirty seconds, then one probe that closes or
 *   opens it again. Ours with a minimum of one failure, theirs with a minimum of (less than) one call; our "at least half"
 *   is their "more than 0.4999999". Calls come one after the other, and in no second of a closed circuit none.
 * - Opening on failures alone: our minimum of five against their five in a row, in a circuit that saw nothing else.
 * - Retry: how often, which failures, how long between (full jitter, doubling, capped), drawn from the same chance.
 * - Timeout: which attempts it ends, when, and that the signal says so.
 *
 * Not shared, and so left out or evened out:
 * - Theirs counts the probe that passed as the first call of the closed circuit; here the window begins empty. Ours is
 *   given one more success at that moment.
 * - Theirs leaves calls out of the count that fail of what it does not handle, and closes on such a probe without
 *   forgetting the failures of before; here a refusal counts as a healthy call, and a new epoch forgets.
 * - Their minimum counts calls, ours failures. Theirs knows no budget, deadline, Retry-After, throttle nor second process.
 * - Theirs aborts the signal of a call that succeeded as well.
 */
import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  fullJitterGenerator,
  handleAll,
  handleWhen,
  retry,
  SamplingBreaker,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
} from "cockatiel";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { CALL_LIMITS } from "@/lib/resilience/policy";
import { clockOfFakeTimers, quiet } from "@/tests/support/fake-clock";
import { behave, circuitOf, policyUnderTest, READ } from "@/tests/support/policy-under-test";

const SECOND = 1_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

type Outcome = "answer" | "failed" | "refused";

async function outcome(call: Promise<unknown>): Promise<Outcome> {
  try {
    await call;
    return "answer";
  } catch (error) {
    const isRefused = error instanceof BrokenCircuitError;
    return isRefused || (isIntegrationError(error) && error.kind === "circuit_open") ? "refused" : "failed";
  }
}

describe("beside cockatiel", () => {
  test("the breaker opens, probes and closes at the same calls", async () => {
    let opened = 0;
    let closed = 0;
    const calls = fc.array(
      fc.record({
        answer: fc.oneof(
          { weight: 5, arbitrary: fc.constant("ok" as const) },
          { weight: 3, arbitrary: fc.constant("unavailable" as const) },
        ),
        isNextSecond: fc.boolean(),
        whileOpenMs: fc.constantFrom(0, SECOND, 10 * SECOND, 30 * SECOND),
      }),
      { minLength: 20, maxLength: 120, size: "max" },
    );
    await fc.assert(
      fc.asyncProperty(calls, async (sequence) => {
        const ours = policyUnderTest({
          clock: clockOfFakeTimers,
          context: { origin: "background" },
          rules: { minimumFailures: 1, failureShare: 0.5 },
        });
        const sampling = { threshold: 0.499_999_9, duration: 30 * SECOND, minimumRps: 1 / 60 };
        const theirs = circuitBreaker(handleAll, {
          halfOpenAfter: 30 * SECOND,
          breaker: new SamplingBreaker(sampling),
        });
        let wasOpen = false;
        for (const { answer, isNextSecond, whileOpenMs } of sequence) {
          const seen = await outcome(ours.call(READ, answer));
          expect(seen).toBe(await outcome(theirs.execute(() => behave(answer))));
          await quiet();
          const isOpen = ours.store.peek(circuitOf("read")).state.kind === "open";
          if (isOpen && !wasOpen) opened += 1;
          if (wasOpen && seen === "answer") {
            closed += 1;
            // Theirs has counted the probe.
            await ours.call(READ, "ok");
          }
          wasOpen = isOpen;
          // As it does each second.
          await ours.breakers.flush();
          vi.advanceTimersByTime(isOpen ? whileOpenMs : isNextSecond ? SECOND : 0);
        }
      }),
      { numRuns: 1_000, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: true },
    );
    expect(opened).toBeGreaterThan(1_000);
    expect(closed).toBeGreaterThan(1_000);
  }, 60_000);

  test("five failures and nothing else open it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 5 * SECOND }), { minLength: 8, maxLength: 12 }),
        async (gapsMs) => {
          const ours = policyUnderTest({ clock: clockOfFakeTimers, context: { origin: "background" } });
          const breaker = new ConsecutiveBreaker(5);
          const theirs = circuitBreaker(handleAll, { halfOpenAfter: 30 * SECOND, breaker });
          for (const gapMs of gapsMs) {
            const [seen, expected] = [
              await outcome(ours.call(READ, "unavailable")),
              await outcome(theirs.execute(() => behave("unavailable"))),
            ];
            expect(seen).toBe(expected);
            await quiet();
            vi.advanceTimersByTime(gapMs);
          }
        },
      ),
    );
  });

  test("a call is tried again as often, for the same failures, after the same waits", async () => {
    const answers = fc.constantFrom("ok", "unavailable", "timeout", "conflict", "declined", "not_found");
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(answers, answers, answers),
        // So that waits are whole milliseconds: fake timers round what is not.
        fc.integer({ min: 0, max: 255 }).map((part) => part / 256),
        async (script, chance) => {
          vi.spyOn(Math, "random").mockReturnValue(chance);
          const begun = Date.now();
          const theirTimes: number[] = [];
          const backoff = new ExponentialBackoff({
            generator: fullJitterGenerator,
            initialDelay: 256,
            maxDelay: 384,
          });
          const isRetryable = (error: Error) => isIntegrationError(error) && error.retryable;
          const theirs = retry(handleWhen(isRetryable), { maxAttempts: 2, backoff });
          const limits = {
            ...CALL_LIMITS,
            read: { ...CALL_LIMITS.read, backoff: { baseMs: 256, capMs: 384 } },
          };
          const ours = policyUnderTest({ clock: clockOfFakeTimers, limits, random: Math.random });
          const endings = [
            outcome(
              theirs.execute(({ attempt }) => {
                theirTimes.push(Date.now() - begun);
                return behave(script[attempt] ?? "ok");
              }),
            ),
            outcome(ours.call(READ, ...script)),
          ];
          await vi.advanceTimersByTimeAsync(2 * SECOND);
          const [expected, seen] = await Promise.all(endings);
          expect(seen).toBe(expected);
          expect(ours.arrived.map(({ at }) => at - begun)).toEqual(theirTimes);
        },
      ),
    );
  });

  test("an attempt ends at the same time, with the signal that says so", async () => {
    const latencies = fc.oneof(
      fc.integer({ min: 0, max: 20 * SECOND }),
      fc.constantFrom(4_999, 5_000, 5_001),
    );
    await fc.assert(
      fc.asyncProperty(latencies, async (latencyMs) => {
        const limits = { ...CALL_LIMITS, read: { ...CALL_LIMITS.read, overallMs: 5 * SECOND, attempts: 1 } };
        const ours = policyUnderTest({ clock: clockOfFakeTimers, limits });
        const theirs = timeout(5 * SECOND, { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false });
        const slow = (seen: AbortSignal[]) => (signal: AbortSignal) => {
          seen.push(signal);
          return new Promise((resolve) => setTimeout(resolve, latencyMs));
        };
        const watched = (run: (execute: ReturnType<typeof slow>) => Promise<unknown>) => {
          const begun = Date.now();
          const signals: AbortSignal[] = [];
          const end = (how: string) => ({ how, afterMs: Date.now() - begun, aborted: signals[0]?.aborted });
          return run(slow(signals)).then(
            () => end("answer"),
            (error) => end(error instanceof TaskCancelledError ? "timeout" : error.kind),
          );
        };
        const seen = watched((execute) => ours.policy(READ, ({ signal }) => execute(signal)));
        const expected = watched((execute) => theirs.execute(({ signal }) => execute(signal)));
        await vi.advanceTimersByTimeAsync(20 * SECOND);
        expect(await seen).toEqual(await expected);
      }),
    );
  });
});
