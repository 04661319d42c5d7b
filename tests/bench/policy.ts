/**
 * What the policy costs a call that goes well: an operation that answers at once, bare, through the policy (without hooks
 * and with telemetry's) and through cockatiel's `wrap(retry, breaker, timeout)`, in turns.
 */
import { randomUUID } from "node:crypto";
import {
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
  wrap,
} from "cockatiel";
import type { CallDescription } from "@/lib/resilience/call";
import { createCircuitBreakers } from "@/lib/resilience/circuit-breaker";
import { systemClock as clock } from "@/lib/resilience/clock";
import type { PolicyHooks } from "@/lib/resilience/hooks";
import { createMemoryCircuitStore } from "@/lib/resilience/memory-circuit-store";
import { CALL_LIMITS, createPolicy } from "@/lib/resilience/policy";
import { createTelemetry } from "@/lib/resilience/telemetry";
import { median } from "./load";

const ROUNDS = 400;
/** A round is short, so that what else the machine does falls between most of them. */
const CALLS_A_ROUND = 200;
const WARM_UP = 50;
const MOST_MICROSECONDS = 15;
const MOST_OF_COCKATIEL = 1;

type Call = () => Promise<unknown>;

const READ: CallDescription = { operation: "things.get", effect: "read" };

/** Takes the signal, as an adapter does. */
const operation = async ({ signal }: { signal: AbortSignal }) => signal.aborted;

function throughPolicy(hooks: PolicyHooks): Call {
  const store = createMemoryCircuitStore(clock);
  const breakers = createCircuitBreakers({ store, clock, newOwner: randomUUID });
  const policy = createPolicy({ provider: "acme", mode: "test", breakers, hooks });
  return () => policy(READ, operation);
}

function throughCockatiel(strategy: TimeoutStrategy): Call {
  const { attempts, attemptMs, backoff } = CALL_LIMITS.read;
  const { baseMs: initialDelay, capMs: maxDelay } = backoff;
  const policy = wrap(
    retry(handleAll, {
      maxAttempts: attempts - 1,
      backoff: new ExponentialBackoff({ initialDelay, maxDelay }),
    }),
    circuitBreaker(handleAll, {
      halfOpenAfter: 30_000,
      breaker: new SamplingBreaker({ threshold: 0.5, duration: 30_000 }),
    }),
    timeout(attemptMs, strategy),
  );
  return () => policy.execute(operation);
}

async function microsecondsACall(call: Call): Promise<number> {
  const startedAt = performance.now();
  for (let made = 0; made < CALLS_A_ROUND; made += 1) await call();
  return ((performance.now() - startedAt) * 1_000) / CALLS_A_ROUND;
}

/** @throws where the policy costs more than its bounds */
export async function benchPolicy(): Promise<string[]> {
  const never = { write: async () => undefined };
  const { signal } = new AbortController();
  const contenders = {
    bare: () => operation({ signal }),
    ours: throughPolicy({}),
    oursWithTelemetry: throughPolicy(createTelemetry({ clock, sink: never }).hooks),
    // Ends an attempt on time whether or not it heeds its signal, as ours does.
    aggressive: throughCockatiel(TimeoutStrategy.Aggressive),
    // Relies on the attempt to heed it.
    cooperative: throughCockatiel(TimeoutStrategy.Cooperative),
  };
  const names = Object.keys(contenders) as (keyof typeof contenders)[];
  const rounds: Record<keyof typeof contenders, number[]> = {
    bare: [],
    ours: [],
    oursWithTelemetry: [],
    aggressive: [],
    cooperative: [],
  };
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    for (const name of names) {
      const microseconds = await microsecondsACall(contenders[name]);
      if (round >= WARM_UP) rounds[name].push(microseconds);
    }
  }
  const cost = (name: keyof typeof contenders) => median(rounds[name]);
  const row = (what: string, name: keyof typeof contenders) =>
    `| ${what} | ${cost(name).toFixed(2)} | ${(cost(name) / cost("aggressive")).toFixed(2)} |`;
  const lines = [
    `Medians of ${ROUNDS} rounds of ${CALLS_A_ROUND} calls each, in turns; at most ${MOST_MICROSECONDS} µs and ${MOST_OF_COCKATIEL.toFixed(1)} of cockatiel.`,
    "",
    "| healthy call | median µs | ratio to cockatiel |",
    "|---|---|---|",
    row("the operation alone", "bare"),
    row("policy", "ours"),
    row("policy with telemetry", "oursWithTelemetry"),
    row("cockatiel 3.2.1 `wrap(retry, breaker, timeout)`", "aggressive"),
    row("the same, timeout left to the operation", "cooperative"),
  ];
  const dearest = Math.max(cost("ours"), cost("oursWithTelemetry"));
  if (dearest > MOST_MICROSECONDS || dearest > MOST_OF_COCKATIEL * cost("aggressive"))
    throw new Error(lines.join("\n"));
  return lines;
}
