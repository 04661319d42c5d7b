import { describe, expect, test } from "vitest";
import { IntegrationError } from "@/lib/errors/integration-error";
import { bucketOf, NEVER_SENT } from "@/lib/resilience/histogram";
import type { AttemptRecord, HeldBackRecord } from "@/lib/resilience/hooks";
import { createTelemetry, type TelemetryBatch, type TelemetryOptions } from "@/lib/resilience/telemetry";

const MINUTE_MS = 60_000;
const START = 1_800_000_000_000 - (1_800_000_000_000 % MINUTE_MS);
const about = {
  ...{ provider: "acme", mode: "test", operation: "thing.read", effect: "read" as const },
  context: { origin: "interactive" as const, deadlineAt: null, correlationId: null },
};

function attempt(changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    ...about,
    ...{
      number: 1,
      isProbe: false,
      durationMs: 20,
      outcome: "ok",
      status: null,
      requestId: null,
      quota: null,
    },
    ...changes,
  };
}

function heldBack(by: HeldBackRecord["by"]): HeldBackRecord {
  return { ...about, by, error: new IntegrationError("circuit_open", { provider: "acme", operation: "x" }) };
}

/** A sink that takes what it is given when the test says so. */
function start(options: Partial<TelemetryOptions> = {}) {
  let now = START + 5_000;
  const batches: TelemetryBatch[] = [];
  const pending: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const dropped: number[] = [];
  let failing = false;
  let held = false;
  const telemetry = createTelemetry({
    clock: { now: () => now, after: () => () => undefined },
    sink: {
      write: (batch) => {
        if (failing) return Promise.reject(new Error("the database is gone"));
        batches.push(batch);
        return held ? new Promise((resolve, reject) => pending.push({ resolve, reject })) : Promise.resolve();
      },
    },
    onDropped: (calls) => dropped.push(calls),
    ...options,
  });
  return {
    ...telemetry,
    ...{ batches, dropped, pending },
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    fail: (is: boolean) => {
      failing = is;
    },
    hold: (is: boolean) => {
      held = is;
    },
    counted: () => batches.flatMap(({ counts }) => counts).reduce((sum, { count }) => sum + count, 0),
  };
}

describe("telemetry", () => {
  test("counts calls by their minute, outcome, attempt and duration", async () => {
    const { hooks, flush, batches, pass } = start();
    hooks.onAttempt(attempt());
    hooks.onAttempt(attempt({ durationMs: 20.1 }));
    hooks.onAttempt(attempt({ durationMs: 900 }));
    hooks.onAttempt(attempt({ number: 2, outcome: "timeout" }));
    pass(MINUTE_MS);
    hooks.onAttempt(attempt({ effect: "write" }));
    await flush();
    const read = { ...{ provider: "acme", mode: "test", effect: "read" }, minute: START, isRetry: false };
    expect(batches[0]?.counts).toEqual([
      { ...read, outcome: "ok", bucket: bucketOf(20), count: 2 },
      { ...read, outcome: "ok", bucket: bucketOf(900), count: 1 },
      { ...read, outcome: "timeout", isRetry: true, bucket: bucketOf(20), count: 1 },
      { ...read, effect: "write", minute: START + MINUTE_MS, outcome: "ok", bucket: bucketOf(20), count: 1 },
    ]);
  });

  test("counts what was held back by its reason, as never sent, and sees nothing of the vendor in it", async () => {
    const { hooks, flush, batches } = start();
    hooks.onHeldBack(heldBack("circuit"));
    hooks.onHeldBack(heldBack("circuit"));
    hooks.onHeldBack(heldBack("budget"));
    await flush();
    expect(batches).toMatchObject([
      {
        counts: [
          { outcome: "held:circuit", isRetry: false, bucket: NEVER_SENT, count: 2 },
          { outcome: "held:budget", isRetry: true, bucket: NEVER_SENT, count: 1 },
        ],
        sightings: [],
      },
    ]);
  });

  test("keeps the last success, the last failure and the last quota of each circuit", async () => {
    const { hooks, flush, batches, pass } = start();
    hooks.onAttempt(attempt({ quota: { limit: 100, remaining: 7, resetsInMs: 2_000 } }));
    pass(10);
    hooks.onAttempt(attempt({ outcome: "timeout" }));
    pass(10);
    hooks.onAttempt(attempt({ outcome: "unavailable", status: 503, requestId: "req_1" }));
    pass(10);
    hooks.onAttempt(attempt());
    await flush();
    const first = START + 5_000;
    expect(batches[0]?.sightings).toEqual([
      {
        ...{ provider: "acme", mode: "test", effect: "read" },
        lastSuccessAt: first + 30,
        lastFailure: {
          ...{
            at: first + 20,
            kind: "unavailable",
            operation: "thing.read",
            requestId: "req_1",
            status: 503,
          },
        },
        quota: { seenAt: first, limit: 100, remaining: 7, resetsAt: first + 2_000 },
      },
    ]);
  });

  test("hands on each call once, and nothing where nothing happened", async () => {
    const { hooks, flush, batches, counted } = start();
    await flush();
    hooks.onAttempt(attempt());
    await flush();
    await flush();
    expect(batches).toHaveLength(1);
    expect(counted()).toBe(1);
  });

  test("loses nothing by a flush that fails, and says that it failed", async () => {
    const { hooks, flush, fail, pass, batches, dropped } = start();
    hooks.onAttempt(attempt());
    hooks.onAttempt(attempt({ outcome: "timeout" }));
    fail(true);
    await expect(flush()).rejects.toThrow("the database is gone");
    pass(10);
    hooks.onAttempt(attempt());
    await expect(flush()).rejects.toThrow("the database is gone");
    fail(false);
    await flush();
    expect(batches).toMatchObject([
      {
        counts: [
          { outcome: "ok", count: 2 },
          { outcome: "timeout", count: 1 },
        ],
        sightings: [{ lastSuccessAt: START + 5_010, lastFailure: { at: START + 5_000 } }],
      },
    ]);
    expect(dropped).toEqual([]);
  });

  test("loses nothing of what is counted while a batch fails", async () => {
    const { hooks, flush, hold, pending, counted, batches, pass } = start();
    hold(true);
    hooks.onAttempt(attempt());
    const failing = flush();
    pass(10);
    hooks.onAttempt(attempt());
    pending[0]?.reject(new Error("too slow"));
    await expect(failing).rejects.toThrow("too slow");
    hold(false);
    batches.length = 0;
    await flush();
    expect(counted()).toBe(2);
    expect(batches[0]?.sightings).toMatchObject([{ lastSuccessAt: START + 5_010 }]);
  });

  test("sends one batch at a time, and by the next one what came meanwhile for all who ask", async () => {
    const { hooks, flush, hold, pending, batches, counted } = start();
    hold(true);
    hooks.onAttempt(attempt());
    const first = flush();
    hooks.onAttempt(attempt());
    const others = [flush(), flush(), flush()];
    expect(batches).toHaveLength(1);
    hold(false);
    pending[0]?.resolve();
    await Promise.all([first, ...others]);
    expect(batches).toHaveLength(2);
    expect(counted()).toBe(2);
  });

  test("sends what came meanwhile also when the batch before it fails", async () => {
    const { hooks, flush, hold, pending, batches } = start();
    hold(true);
    hooks.onAttempt(attempt());
    const first = flush();
    const second = flush();
    hold(false);
    pending[0]?.reject(new Error("too slow"));
    await expect(first).rejects.toThrow("too slow");
    await second;
    expect(batches).toHaveLength(2);
  });

  test("gives up what could not be handed on for ten minutes, and says how much", async () => {
    const { hooks, flush, fail, pass, counted, dropped } = start();
    hooks.onAttempt(attempt());
    hooks.onAttempt(attempt());
    fail(true);
    await expect(flush()).rejects.toThrow();
    pass(MINUTE_MS);
    hooks.onAttempt(attempt());
    pass(10 * MINUTE_MS);
    hooks.onAttempt(attempt());
    fail(false);
    await flush();
    expect(dropped).toEqual([2]);
    expect(counted()).toBe(2);
  });

  test("holds so many counts at most, and gives up the oldest minute first", async () => {
    const { hooks, flush, pass, dropped, batches } = start({ maxCounts: 3 });
    const operationsOf = (outcomes: AttemptRecord["outcome"][]) => {
      for (const outcome of outcomes) hooks.onAttempt(attempt({ outcome }));
    };
    operationsOf(["ok", "timeout"]);
    pass(MINUTE_MS);
    operationsOf(["ok", "timeout", "unavailable", "conflict"]);
    await flush();
    // Both of the first minute, then one for which there is no older one to give up.
    expect(dropped).toEqual([2, 1]);
    expect(batches[0]?.counts.map(({ outcome }) => outcome)).toEqual(["ok", "timeout", "unavailable"]);
  });
});
