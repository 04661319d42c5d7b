/** One attempt of a call: leave of its circuit, a place among those under way, and a time that it may take. */
import { IntegrationError, isIntegrationError, machineWord } from "@/lib/errors/integration-error";
import type { Backoff } from "./backoff";
import type { Attempt, Effect, Quota } from "./call";
import type { Admitted, CallResult, CircuitBreaker } from "./circuit-breaker";
import { type Clock, type Random, sleep } from "./clock";
import type { ConcurrencyLimit } from "./concurrency-limit";
import type { HeldBackRecord, PolicyHooks } from "./hooks";
import type { RetryBudget } from "./retry-budget";
import { withTimeLimit } from "./time-limit";

export interface AttemptLimits {
  /** Milliseconds. */
  attemptMs: number;
  backoff: Backoff;
}

/** A call under way. */
export interface Run<T> {
  /** `effect` is the one whose circuit it goes through; the probe of a circuit of writes is a read. */
  about: Omit<HeldBackRecord, "by" | "error">;
  isProbe: boolean;
  attempts: number;
  limits: AttemptLimits;
  deadlineAt: number;
  run(attempt: Attempt): Promise<T>;
}

/** What can stop a call before it is sent, and what it fails with then. */
const HELD_BACK_AS = {
  circuit: "circuit_open",
  throttle: "rate_limited",
  concurrency: "unavailable",
  deadline: "timeout",
  abort: "aborted",
} as const;

/** Thrown by an attempt that was stopped before anything was sent; never leaves the policy. */
export class HeldBack {
  readonly error: IntegrationError;

  constructor(
    readonly by: keyof typeof HELD_BACK_AS,
    { about: { provider, operation } }: Pick<Run<unknown>, "about">,
    retryAfterMs: number | null = null,
  ) {
    const mayHaveTakenEffect = false;
    this.error = new IntegrationError(HELD_BACK_AS[by], {
      provider,
      operation,
      retryAfterMs,
      mayHaveTakenEffect,
    });
  }
}

/** @returns what makes one attempt: rejects with `HeldBack`, or with what `run` rejects with */
export function createAttempt(parts: {
  circuits: Record<Effect, CircuitBreaker>;
  concurrency: ConcurrencyLimit;
  budget: RetryBudget;
  clock: Clock;
  random: Random;
  hooks: PolicyHooks;
}): <T>(run: Run<T>, number: number) => Promise<T> {
  const { circuits, concurrency, budget, clock, random, hooks } = parts;

  /** Why there is no point in going on, if there is none. */
  function over(run: Run<unknown>): HeldBack | null {
    if (run.about.context.signal?.aborted) return new HeldBack("abort", run);
    return clock.now() >= run.deadlineAt ? new HeldBack("deadline", run) : null;
  }

  /** First leave, then a place: nobody stands in line for a vendor that is refused anyway. */
  async function attempt<T>(run: Run<T>, number: number): Promise<T> {
    const circuit = circuits[run.about.effect];
    let isInside = false;
    try {
      for (;;) {
        const before = over(run);
        if (before) throw before;
        const asked = run.isProbe ? circuit.admitProbe() : circuit.admit();
        const answer = asked instanceof Promise ? await asked : asked;
        if (answer.kind === "refused") throw new HeldBack("circuit", run, answer.retryAfterMs);
        if (answer.kind === "throttled") {
          // A place is for calls under way.
          if (isInside) concurrency.leave();
          isInside = false;
          await waitOutThrottle(run, answer.retryAfterMs);
          continue;
        }
        // The answer may have taken a moment.
        const late = over(run);
        const entered = !late && (isInside || enter(run, answer));
        if (entered === true) {
          isInside = true;
          return await send(run, number, answer);
        }
        circuit.settle(answer, UNKNOWN);
        if (late) throw late;
        if (!(await entered)) throw new HeldBack("concurrency", run);
        // Its turn has come; what let it through then may refuse it now.
        isInside = true;
      }
    } finally {
      if (isInside) concurrency.leave();
    }
  }

  /** A probe does not stand in line, because everybody waits for what it finds. */
  function enter(run: Run<unknown>, { probeOwner }: Admitted): boolean | Promise<boolean> {
    const waitMs = probeOwner === null ? run.deadlineAt - clock.now() : 0;
    return concurrency.enter(waitMs, run.about.context.signal);
  }

  /** Only where somebody waits and it fits; with jitter, so that those who waited do not go all at once. */
  async function waitOutThrottle(run: Run<unknown>, throttleMs: number): Promise<void> {
    const { signal, origin } = run.about.context;
    const waitMs = throttleMs + random() * run.limits.backoff.baseMs;
    const fits = origin === "interactive" && clock.now() + waitMs < run.deadlineAt;
    if (!fits) throw new HeldBack("throttle", run, throttleMs);
    await sleep(clock, waitMs, signal);
  }

  /** Sends it, and says to breaker and hooks how it ended. */
  function send<T>(run: Run<T>, number: number, admitted: Admitted): Promise<T> {
    const { about, limits } = run;
    const circuit = circuits[about.effect];
    if (number === 1) budget.countCall();
    const startedAt = clock.now();
    const limitMs = Math.min(limits.attemptMs, run.deadlineAt - startedAt);
    const seen: Seen = { requestId: null, quota: null };
    const tell = (error: IntegrationError | null) =>
      hooks.onAttempt?.({
        number,
        isProbe: admitted.probeOwner !== null,
        durationMs: clock.now() - startedAt,
        outcome: error?.kind ?? "ok",
        status: error?.status ?? null,
        requestId: error?.requestId ?? seen.requestId,
        quota: seen.quota,
        // Last: a literal that begins with it takes V8 many times as long.
        ...about,
      });
    const limit = { milliseconds: limitMs, signal: about.context.signal, failure: () => cutShort(about) };
    const work = (signal: AbortSignal) =>
      run.run({ signal, number, observe: (answer) => note(seen, answer) });
    return withTimeLimit(clock, limit, work).then(
      (value) => {
        circuit.settle(admitted, HEALTHY);
        tell(null);
        return value;
      },
      (thrown) => {
        const isOfCall = isIntegrationError(thrown);
        // A mistake of ours says nothing of the vendor.
        circuit.settle(admitted, isOfCall ? resultOf(thrown, limitMs / limits.attemptMs) : UNKNOWN);
        if (isOfCall) tell(thrown);
        throw thrown;
      },
    );
  }

  return attempt;
}

/** What an attempt has noted of an answer's headers. */
interface Seen {
  requestId: string | null;
  quota: Quota | null;
}

function note(seen: Seen, { requestId, quota }: Partial<Seen>): void {
  seen.requestId = machineWord(requestId) ?? seen.requestId;
  seen.quota = quota ?? seen.quota;
}

function cutShort({ provider, operation, context }: Run<unknown>["about"]): IntegrationError {
  return new IntegrationError(context.signal?.aborted ? "aborted" : "timeout", { provider, operation });
}

const HEALTHY: CallResult = { kind: "healthy" };
const UNKNOWN: CallResult = { kind: "unknown" };

/** A timeout tells of the vendor only after such a share of an attempt's full time: our own deadline may have been near. */
const FAIR_SHARE = 0.5;

/** What a failure says of the vendor's health: its refusals are a proof of life, and so is "too many". */
function resultOf(error: IntegrationError, shareOfTime: number): CallResult {
  switch (error.kind) {
    case "timeout":
      return shareOfTime < FAIR_SHARE ? UNKNOWN : { kind: "failed", cause: "timeout" };
    case "unavailable":
      return { kind: "failed", cause: "unavailable" };
    case "unknown":
      return error.status !== null && error.status < 500 ? HEALTHY : { kind: "failed", cause: "unknown" };
    case "rate_limited":
      return { kind: "throttled", retryAfterMs: error.retryAfterMs };
    case "aborted":
      return UNKNOWN;
    default:
      return HEALTHY;
  }
}
