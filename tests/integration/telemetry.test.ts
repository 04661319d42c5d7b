/**
 * Guards the counts: what calls came to is in the database once, whoever writes it and however often it has to be
 * tried; and they get there while the business keeps the database busy.
 */
import pg from "pg";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { AttemptRecord } from "@/lib/resilience/hooks";
import { createTestDatabase } from "@/tests/support/database";
import { eventually } from "@/tests/support/poll";

const database = await createTestDatabase();
process.env.DATABASE_URL = database.url;
const { createPostgresTelemetrySink } = await import("@/lib/db/telemetry");
const { createPostgresCircuitStore } = await import("@/lib/db/circuit-store");
const { integrationPool, pool } = await import("@/lib/db/client");
const { systemClock } = await import("@/lib/resilience/clock");
const { createTelemetry } = await import("@/lib/resilience/telemetry");

const observer = new pg.Pool({ connectionString: database.url, max: 4 });
const rows = async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await observer.query<Row>(sql, values)).rows;

beforeEach(async () => {
  await rows("TRUNCATE integration_metric, integration_status");
});
afterAll(async () => {
  await Promise.all([integrationPool().end(), pool().end(), observer.end()]);
  await database.drop();
});

function attempt(changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    ...{ provider: "acme", mode: "test", operation: "thing.read", effect: "read" },
    ...{
      number: 1,
      isProbe: false,
      durationMs: 20,
      outcome: "ok",
      status: 200,
      requestId: null,
      quota: null,
    },
    context: { origin: "interactive", deadlineAt: null, correlationId: null },
    ...changes,
  };
}

const counted = () =>
  rows<{ outcome: string; isRetry: boolean; count: number }>(
    `SELECT outcome, is_retry AS "isRetry", sum(count)::int AS count FROM integration_metric
      WHERE resolution = 'MINUTE' GROUP BY outcome, is_retry ORDER BY outcome, is_retry`,
  );

describe("the counts of calls", () => {
  test("add up to the call when eight processes write the same rows at a time", async () => {
    const processes = Array.from({ length: 8 }, () => {
      const connections = new pg.Pool({ connectionString: database.url, max: 2 });
      const sink = createPostgresTelemetrySink(connections);
      return { connections, ...createTelemetry({ clock: systemClock, sink }) };
    });
    const outcomes = ["ok", "ok", "timeout", "unavailable"] as const;
    await Promise.all(
      processes.map(async ({ hooks, flush }, which) => {
        for (let round = 0; round < 20; round += 1) {
          for (let call = 0; call < 100; call += 1) {
            // Each process meets the rows in an order of its own.
            const turn = call + which * 7;
            hooks.onAttempt(
              attempt({
                outcome: outcomes[turn % 4],
                durationMs: (turn % 10) * 10,
                number: turn % 2 === 0 ? 1 : 2,
                provider: turn % 3 === 0 ? "acme" : "zenith",
              }),
            );
          }
          await flush();
        }
      }),
    );
    expect(await counted()).toEqual([
      { outcome: "ok", isRetry: false, count: 4_000 },
      { outcome: "ok", isRetry: true, count: 4_000 },
      { outcome: "timeout", isRetry: false, count: 4_000 },
      { outcome: "unavailable", isRetry: true, count: 4_000 },
    ]);
    await Promise.all(processes.map(({ connections }) => connections.end()));
  });

  test("are lost by no flush that fails, nor counted twice", async () => {
    const telemetry = createTelemetry({
      clock: systemClock,
      sink: createPostgresTelemetrySink(integrationPool()),
    });
    const blocker = await observer.connect();
    await blocker.query("BEGIN; LOCK TABLE integration_metric IN EXCLUSIVE MODE");
    try {
      telemetry.hooks.onAttempt(attempt());
      await expect(telemetry.flush()).rejects.toThrow();
      telemetry.hooks.onAttempt(attempt());
      await expect(telemetry.flush()).rejects.toThrow();
    } finally {
      await blocker.query("ROLLBACK");
      blocker.release();
    }
    telemetry.hooks.onAttempt(attempt({ outcome: "timeout" }));
    await telemetry.flush();
    expect(await counted()).toEqual([
      { outcome: "ok", isRetry: false, count: 2 },
      { outcome: "timeout", isRetry: false, count: 1 },
    ]);
  });

  test("survive a connection that the server ends", async () => {
    const telemetry = createTelemetry({
      clock: systemClock,
      sink: createPostgresTelemetrySink(integrationPool()),
    });
    const blocker = await observer.connect();
    await blocker.query("BEGIN; LOCK TABLE integration_metric IN EXCLUSIVE MODE");
    try {
      telemetry.hooks.onAttempt(attempt());
      const flushed = expect(telemetry.flush()).rejects.toThrow("terminating connection");
      await eventually("the write to wait for the table", async () => {
        const { rows: ended } = await blocker.query(
          `SELECT pg_terminate_backend(pid) FROM pg_locks
            WHERE relation = 'integration_metric'::regclass AND NOT granted`,
        );
        return ended.length > 0;
      });
      await flushed;
    } finally {
      await blocker.query("ROLLBACK");
      blocker.release();
    }
    await telemetry.flush();
    expect(await counted()).toEqual([{ outcome: "ok", isRetry: false, count: 1 }]);
  });
});

describe("the connections of the integrations", () => {
  test("answer while the business has taken all of its own", async () => {
    const taken = await Promise.all(Array.from({ length: pool().options.max }, () => pool().connect()));
    try {
      expect(pool().idleCount).toBe(0);
      await expect(createPostgresCircuitStore(integrationPool()).read()).resolves.toEqual(new Map());
    } finally {
      for (const client of taken) client.release();
    }
  });

  test("give up on a statement that does not answer within a second or so", async () => {
    const startedAt = Date.now();
    await expect(integrationPool().query("SELECT pg_sleep(20)")).rejects.toThrow("timeout");
    expect(Date.now() - startedAt).toBeLessThan(3_000);
  });
});

describe("what was last seen of a vendor", () => {
  const sink = createPostgresTelemetrySink(integrationPool());
  const circuit = { provider: "acme", mode: "test", effect: "write" as const };
  const failure = (at: number, requestId: string | null) => ({
    ...{
      at,
      kind: "unavailable" as const,
      operation: "thing.make",
      requestId,
      status: requestId ? 503 : null,
    },
  });
  const quota = (seenAt: number, remaining: number) => ({
    seenAt,
    limit: 100,
    remaining,
    resetsAt: seenAt + 1_000,
  });
  const statuses = () =>
    rows(
      `SELECT EXTRACT(EPOCH FROM last_success_at)::float8 * 1000 AS success,
              EXTRACT(EPOCH FROM last_failure_at)::float8 * 1000 AS failure, last_failure_request_id AS request,
              last_failure_status AS status, EXTRACT(EPOCH FROM quota_seen_at)::float8 * 1000 AS seen,
              quota_remaining AS remaining, EXTRACT(EPOCH FROM quota_resets_at)::float8 * 1000 AS resets
         FROM integration_status`,
    );

  test("is the newest of each fact, in whichever order instances write", async () => {
    const now = Date.now();
    const sightings = [
      { ...circuit, lastSuccessAt: now - 1, lastFailure: failure(now - 3, "req_old"), quota: quota(now, 7) },
      { ...circuit, lastSuccessAt: now - 9, lastFailure: failure(now - 2, null), quota: null },
      { ...circuit, lastSuccessAt: null, lastFailure: null, quota: quota(now - 5, 3) },
    ];
    const newest = {
      ...{ success: now - 1, failure: now - 2, request: null, status: null },
      ...{ seen: now, remaining: 7, resets: now + 1_000 },
    };
    for (const order of [sightings, sightings.toReversed()]) {
      await rows("TRUNCATE integration_status");
      for (const seen of order) await sink.write({ counts: [], sightings: [seen] });
      expect(await statuses()).toEqual([newest]);
    }
  });

  test("leaves open what was never seen", async () => {
    await sink.write({
      counts: [],
      sightings: [{ ...circuit, lastSuccessAt: null, lastFailure: null, quota: null }],
    });
    expect(await statuses()).toMatchObject([{ success: null, failure: null, seen: null, remaining: null }]);
  });
});
