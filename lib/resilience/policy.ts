/**
 * The one way to a vendor. Composed from outside in: overall deadline, retry (within its budget), circuit breaker,
 * concurrency limit, attempt timeout. It is the only one that tries again: SDKs' own retries are off.
 *
 * A call that is refused before anything was sent fails with what refused it; one that was sent fails with the
 * vendor's last answer, never with the breaker that kept it from a further attempt: so `mayHaveTakenEffect` is true
 * to what happened.
 */
import { type IntegrationError, isIntegrationError } from "@/lib/errors/integration-error";
import { type AttemptLimits, createAttempt, HeldBack, type Run } from "./attempt";
import { type Backoff, fullJitterMs } from "./backoff";
import type { Attempt, CallContext, CallDescription, Effect } from "./call";
import type { CircuitBreakers } from "./circuit-breaker";
import { type Clock, type Random, sleep, systemClock } from "./clock";
import { type ConcurrencyLimit, createConcurrencyLimit } from "./concurrency-limit";
import type { PolicyHooks } from "./hooks";
import { createRetryBudget, type RetryBudget } from "./retry-budget";

/** Milliseconds. */
export interface CallLimits extends AttemptLimits {
  overallMs: number;
  attempts: number;
}

const BACKOFF: Backoff = { baseMs: 250, capMs: 2_000 };

/** Who waits decides how long: a person at a screen does not wait for what the pump may try again in a minute. */
export const CALL_LIMITS: Record<Effect | "background", CallLimits> = {
  read: { attemptMs: 5_000, overallMs: 8_000, attempts: 3, backoff: BACKOFF },
  write: { attemptMs: 8_000, overallMs: 10_000, attempts: 3, backoff: BACKOFF },
  background: { attemptMs: 10_000, overallMs: 10_000, attempts: 1, backoff: BACKOFF },
};

export interface Policy {
  /**
   * Makes one call.
   * @throws IntegrationError; anything else that `run` throws is a mistake in it and leaves as it is, untried again
   */
  <T>(call: CallDescription, run: (attempt: Attempt) => Promise<T>): Promise<T>;
  /**
   * Sends a cheap read as the probe of a circuit that is open and due; says whether there was anything to probe.
   * @throws IntegrationError as above
   */
  probe(circuit: Effect, run: (attempt: Attempt) => Promise<unknown>): Promise<boolean>;
  /**
   * For work that ends with a call through this circuit, before its first step: fails as that call would if it were
   * made now. Asks nobody, and leaves a probe that is due to whoever makes a call.
   * @param operation what cannot be done
   * @throws IntegrationError circuit_open
   */
  refuseIfOpen(circuit: Effect, operation: string): Promise<void>;
}

export interface PolicyOptions {
  provider: string;
  mode: string;
  breakers: CircuitBreakers;
  limits?: typeof CALL_LIMITS;
  budget?: RetryBudget;
  concurrency?: ConcurrencyLimit;
  clock?: Clock;
  random?: Random;
  hooks?: PolicyHooks;
  /** What surrounds a call. */
  context?: () => CallContext;
}

const ALONE: CallContext = { origin: "interactive", deadlineAt: null, correlationId: null };

export function createPolicy(options: PolicyOptions): Policy {
  const { provider, mode, breakers, hooks = {}, context: surroundings = () => ALONE } = options;
  const { limits: table = CALL_LIMITS, clock = systemClock, random = Math.random } = options;
  const budget = options.budget ?? createRetryBudget(clock);
  const concurrency = options.concurrency ?? createConcurrencyLimit(clock);
  const circuits = {
    read: breakers.breaker({ provider, mode, effect: "read" }),
    write: breakers.breaker({ provider, mode, effect: "write" }),
  };
  const attempt = createAttempt({ circuits, concurrency, budget, clock, random, hooks });

  async function repeat<T>(run: Run<T>): Promise<T> {
    let last: IntegrationError | null = null;
    for (let number = 1; ; number += 1) {
      try {
        return await attempt(run, number);
      } catch (thrown) {
        last = failureOf(run, thrown, last);
      }
      if (!last.retryable || number >= run.attempts) throw last;
      const waitMs = (last.retryAfterMs ?? 0) + fullJitterMs(run.limits.backoff, number, random);
      if (clock.now() + waitMs >= run.deadlineAt) throw last;
      if (!budget.tryRetry()) {
        hooks.onHeldBack?.({ ...run.about, by: "budget", error: last });
        throw last;
      }
      await sleep(clock, waitMs, run.about.context.signal);
    }
  }

  /** The failure of an attempt, as it counts after those before; throws what ends the call. */
  function failureOf(run: Run<unknown>, thrown: unknown, before: IntegrationError | null): IntegrationError {
    if (isIntegrationError(thrown)) {
      // A read that timed out has changed nothing, whatever its kind says of writes.
      if (run.isProbe || run.about.effect === "read") return thrown.withoutEffect();
      return before?.mayHaveTakenEffect ? thrown.afterUncertainAttempt() : thrown;
    }
    if (!(thrown instanceof HeldBack)) throw thrown;
    const { by, error } = thrown;
    // A call that nobody wants any more was not held back, nor was a probe that is not due.
    const isTold = by !== "abort" && !(by === "circuit" && run.isProbe);
    if (isTold) hooks.onHeldBack?.({ ...run.about, by, error });
    // If an earlier attempt was sent, its failure is what happened.
    throw before ?? error;
  }

  function start<T>(
    call: CallDescription,
    run: (attempt: Attempt) => Promise<T>,
    probe?: Effect,
  ): Promise<T> {
    const context = surroundings();
    const limits = table[context.origin === "background" ? "background" : call.effect];
    const { overallMs } = limits;
    const isProbe = probe !== undefined;
    const whole: Run<T> = {
      about: { provider, mode, operation: call.operation, effect: probe ?? call.effect, context },
      isProbe,
      attempts: isProbe || isUnkeyed(call) ? 1 : limits.attempts,
      limits,
      deadlineAt: Math.min(clock.now() + overallMs, context.deadlineAt ?? Number.POSITIVE_INFINITY),
      run,
    };
    return hooks.around ? hooks.around(whole.about, () => repeat(whole)) : repeat(whole);
  }

  const policy = <T>(call: CallDescription, run: (attempt: Attempt) => Promise<T>) => start(call, run);
  return Object.assign(policy, {
    probe: async (circuit: Effect, run: (attempt: Attempt) => Promise<unknown>) => {
      try {
        await start({ operation: "probe", effect: "read" }, run, circuit);
        return true;
      } catch (error) {
        if (isIntegrationError(error) && error.kind === "circuit_open") return false;
        throw error;
      }
    },
    refuseIfOpen: async (effect: Effect, operation: string) => {
      const refusal = await circuits[effect].refusal();
      if (!refusal) return;
      const about = { provider, mode, operation, effect, context: surroundings() };
      const { error } = new HeldBack("circuit", { about }, refusal.retryAfterMs);
      hooks.onHeldBack?.({ ...about, by: "circuit", error });
      throw error;
    },
  });
}

/** Also with a key of no characters: no vendor would know it again. */
function isUnkeyed(call: CallDescription): boolean {
  return call.effect === "write" && !call.idempotencyKey;
}
