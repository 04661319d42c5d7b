/**
 * Thousands of sequences of calls, outcomes, time and operators' hands: the breaker (policy, breaker and store through
 * their public doors) against a model that keeps every call in a list and knows the rules as they are written in
 * docs/resilience.md. Time goes by whole seconds, to which the window is exact; after each step the process reports, as
 * it does each second, so that successes count when they happen. A failure prints the seed and the shortest sequence.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { IntegrationError } from "@/lib/errors/integration-error";
import type { CircuitState } from "@/lib/resilience/circuit-state";
import { circuitOf, failure, outcomeOf, policyUnderTest, READ } from "@/tests/support/policy-under-test";

const SEQUENCES = 4_000;
const SECOND = 1_000;
const reads = circuitOf("read");

/** How the vendor answers; seconds are what a 429 asks for. */
type Answer = "ok" | "unavailable" | "not_found" | "aborted" | { retryAfterSeconds: number | null };

type State =
  | { kind: "closed" }
  | { kind: "open"; probeAt: number | null }
  | { kind: "half_open"; leaseUntil: number };

interface Call {
  id: number;
  begunAt: number;
  generation: number;
  isProbe: boolean;
}

/** The rules, in the plainest way. */
function createModel() {
  let now = 0;
  let state: State = { kind: "closed" };
  /** The call that probes, if it is one of this process. */
  let prober: number | null = null;
  /** Grows with each step of the circuit. */
  let generation = 0;
  let throttledUntil = 0;
  let sent = 0;
  let underWay: Call[] = [];
  const ended: { at: number; failed: boolean; generation: number }[] = [];
  /** Steps that this process took. */
  const steps: string[] = [];

  function become(next: State, isOurs: boolean): void {
    if (isOurs) steps.push(`${state.kind} → ${next.kind}`);
    state = next;
    generation += 1;
  }

  function isProbeDue(): boolean {
    if (state.kind === "open") return state.probeAt !== null && now >= state.probeAt;
    return state.kind === "half_open" && now >= state.leaseUntil;
  }

  function send(isProbe: boolean): void {
    underWay.push({ id: sent, begunAt: now, generation, isProbe });
    sent += 1;
  }

  /** Begins a call; says whether it is sent, or what it fails with. */
  function begin(onlyAsProbe: boolean): "sent" | "circuit_open" | "rate_limited" {
    const isThrottled = throttledUntil > now;
    if (state.kind === "closed") {
      if (isThrottled) return "rate_limited";
      if (onlyAsProbe) return "circuit_open";
      send(false);
      return "sent";
    }
    if (!isProbeDue() || isThrottled) return "circuit_open";
    become({ kind: "half_open", leaseUntil: now + 12 * SECOND }, true);
    prober = sent;
    send(true);
    return "sent";
  }

  function end(call: Call, answer: Answer | "timeout"): void {
    underWay = underWay.filter(({ id }) => id !== call.id);
    if (typeof answer === "object" && answer.retryAfterSeconds !== null) {
      throttledUntil = Math.max(throttledUntil, now + answer.retryAfterSeconds * SECOND);
    }
    const failed = answer === "unavailable" || answer === "timeout";
    if (call.isProbe) endProbe(call, failed, answer === "aborted");
    else if (answer !== "aborted") count(call, failed);
  }

  function endProbe(call: Call, failed: boolean, isUnknown: boolean): void {
    if (state.kind !== "half_open" || prober !== call.id) return;
    if (failed) become({ kind: "open", probeAt: now + 30 * SECOND }, true);
    else if (isUnknown) become({ kind: "open", probeAt: now }, true);
    else become({ kind: "closed" }, true);
  }

  function count(call: Call, failed: boolean): void {
    if (state.kind !== "closed" || call.generation !== generation) return;
    ended.push({ at: now, failed, generation });
    const seen = ended.filter((one) => one.generation === generation && one.at > now - 30 * SECOND);
    const failures = seen.filter((one) => one.failed).length;
    if (failed && failures >= 5 && failures * 2 >= seen.length) {
      become({ kind: "open", probeAt: now + 30 * SECOND }, true);
    }
  }

  return {
    look: () => ({ state, throttledMs: Math.max(0, throttledUntil - now), sent, steps }),
    underWay: () => underWay,
    begin,
    end,
    anotherProcessProbes: () => {
      if (!isProbeDue()) return;
      become({ kind: "half_open", leaseUntil: now + 12 * SECOND }, false);
      prober = null;
    },
    pass: (seconds: number) => {
      const until = now + seconds * SECOND;
      // They began in this order, and each may take ten seconds.
      for (let [oldest] = underWay; oldest; [oldest] = underWay) {
        if (oldest.begunAt + 10 * SECOND > until) break;
        now = oldest.begunAt + 10 * SECOND;
        end(oldest, "timeout");
      }
      now = until;
    },
    operator: (action: "open" | "close" | "reset") => {
      if (action === "reset") throttledUntil = 0;
      const isHeldOpen = state.kind === "open" && state.probeAt === null;
      if (action !== "open") become({ kind: "closed" }, false);
      else if (!isHeldOpen) become({ kind: "open", probeAt: null }, false);
    },
  };
}

/** The real thing, and a handle on each call that the vendor has not answered yet. */
function createReal() {
  const core = policyUnderTest({ context: { origin: "background" } });
  const unanswered: { resolve(value: string): void; reject(error: unknown): void }[] = [];
  const run = () =>
    new Promise<string>((resolve, reject) => {
      unanswered.push({ resolve, reject });
    });

  return {
    core,
    begunAt: core.clock.now(),
    sent: () => unanswered.length,
    begin: async (onlyAsProbe: boolean) => {
      const before = unanswered.length;
      const outcome = outcomeOf(onlyAsProbe ? core.policy.probe("read", run) : core.policy(READ, run));
      await core.clock.advance(0);
      if (unanswered.length > before) return "sent";
      // That there is nothing to probe is no failure.
      if (onlyAsProbe && outcome.value === false) return "circuit_open";
      return (outcome.error as IntegrationError).kind;
    },
    end: async (id: number, answer: Answer) => {
      const call = unanswered[id];
      if (answer === "ok") call?.resolve("answer");
      else if (typeof answer === "string") call?.reject(failure(answer));
      else {
        const { retryAfterSeconds: seconds } = answer;
        call?.reject(failure("rate_limited", { retryAfterMs: seconds === null ? null : seconds * SECOND }));
      }
      await core.clock.advance(0);
    },
  };
}

type Model = ReturnType<typeof createModel>;
type Real = ReturnType<typeof createReal>;

/** Times are milliseconds from the beginning. */
function shown(state: CircuitState, begunAt: number): State {
  switch (state.kind) {
    case "closed":
      return { kind: "closed" };
    case "open":
      return { kind: "open", probeAt: state.probeAt === null ? null : state.probeAt - begunAt };
    case "half_open":
      return { kind: "half_open", leaseUntil: state.probe.leaseUntil - begunAt };
  }
}

async function agree(model: Model, { core, begunAt, sent }: Real): Promise<void> {
  await core.breakers.flush();
  const { state, throttledUntil } = core.store.peek(reads);
  expect({
    state: shown(state, begunAt),
    throttledMs: Math.max(0, (throttledUntil ?? 0) - core.clock.now()),
    sent: sent(),
    steps: core.transitions.map(({ from, to }) => `${from} → ${to}`),
  }).toEqual(model.look());
}

/** A step, as it is printed when the two disagree. */
function step(name: string, take: (model: Model, real: Real) => Promise<void>): fc.AsyncCommand<Model, Real> {
  return {
    check: () => true,
    run: async (model, real) => {
      await take(model, real);
      await agree(model, real);
    },
    toString: () => name,
  };
}

async function begin(model: Model, real: Real, onlyAsProbe = false): Promise<void> {
  const expected = model.begin(onlyAsProbe);
  const seen = await real.begin(onlyAsProbe);
  if (seen !== expected) throw new Error(`expected the call to be ${expected}, and it was ${seen}`);
}

async function end(model: Model, real: Real, which: number, answer: Answer): Promise<void> {
  const underWay = model.underWay();
  const call = underWay[which % Math.max(1, underWay.length)];
  if (!call) return;
  model.end(call, answer);
  await real.end(call.id, answer);
}

const answers: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Answer>("ok") },
  { weight: 10, arbitrary: fc.constant<Answer>("unavailable") },
  { weight: 1, arbitrary: fc.constantFrom<Answer>("not_found", "aborted") },
  {
    weight: 1,
    arbitrary: fc.record({ retryAfterSeconds: fc.option(fc.integer({ min: 1, max: 35 })) }),
  },
);

const callBegins = fc.constant(step("begin", (model, real) => begin(model, real)));

const callEnds = fc
  .tuple(fc.nat(30), answers)
  .map(([which, answer]) =>
    step(`end ${which} ${JSON.stringify(answer)}`, (model, real) => end(model, real, which, answer)),
  );

const severalCalls = fc.tuple(fc.integer({ min: 1, max: 12 }), answers).map(([count, answer]) =>
  step(`${count} calls ${JSON.stringify(answer)}`, async (model, real) => {
    for (let made = 0; made < count; made += 1) {
      const before = model.underWay().length;
      await begin(model, real);
      if (model.underWay().length > before) await end(model, real, before, answer);
    }
  }),
);

const pass = (seconds: number) =>
  step(`${seconds} s pass`, async (model, real) => {
    model.pass(seconds);
    await real.core.clock.advance(seconds * SECOND);
  });

const probe = fc.constant(step("probe without traffic", (model, real) => begin(model, real, true)));

const anotherProcessDies = fc.constant(
  step("another process takes the probe and dies", async (model, real) => {
    model.anotherProcessProbes();
    await real.core.store.acquireProbe(reads, { owner: "another process", leaseMs: 12 * SECOND });
  }),
);

const operator = fc.constantFrom("open", "close", "close", "reset", "reset").map((action) =>
  step(`operator: ${action}`, async (model, real) => {
    model.operator(action);
    await real.core.store.override(reads, action);
  }),
);

/** Each is as likely as the others; what leads to a probe stands here more than once. */
const steps = [
  ...[callBegins, callBegins, callEnds, callEnds, severalCalls, severalCalls],
  ...[fc.integer({ min: 1, max: 12 }).map(pass), fc.constantFrom(29, 30, 31, 60).map(pass)],
  ...[fc.constantFrom(30, 60).map(pass), probe, anotherProcessDies, operator],
];

test(`the circuit breaker does what its rules say, in ${SEQUENCES} sequences`, {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 30, size: "max" }), (commands) =>
      fc.asyncModelRun(() => ({ model: createModel(), real: createReal() }), commands),
    ),
    // Ends the search for the shortest sequence in time to print it.
    { numRuns: SEQUENCES, interruptAfterTimeLimit: 90_000, markInterruptAsFailure: true },
  );
});
