/** Guards what is kept of the counts: hours are the sums of their minutes, and nothing is forgotten too early. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "@/tests/support/database";

const database = await createTestDatabase();
process.env.DATABASE_URL = database.url;
const { pruneIntegrationHistory, rollUpMetrics } = await import("@/lib/db/telemetry");
const { pool } = await import("@/lib/db/client");

const rows = async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await pool().query<Row>(sql, values)).rows;

beforeEach(() => rows("TRUNCATE integration_metric, integration_transition, integration_circuit_slot"));
afterAll(async () => {
  await pool().end();
  await database.drop();
});

const INSERT_METRIC = `
  INSERT INTO integration_metric (provider, mode, effect, resolution, at, outcome, is_retry, bucket, count)
  VALUES ('acme', 'TEST', 'READ', $1::metric_resolution, $2, $3, false, $4, $5)`;
const HOUR_MS = 3_600_000;
/** The beginning of the hour that was so many hours ago. */
const hoursAgo = (hours: number) => Math.floor(Date.now() / HOUR_MS - hours) * HOUR_MS;
const minuteRow = (at: number, count: number, outcome = "ok", bucket = 20) =>
  rows(INSERT_METRIC, ["MINUTE", new Date(at), outcome, bucket, count]);
const hours = async () =>
  (
    await rows<{ at: Date; outcome: string; bucket: number; count: number }>(
      "SELECT at, outcome, bucket, count FROM integration_metric WHERE resolution = 'HOUR' ORDER BY at, outcome, bucket",
    )
  ).map(({ at, ...rest }) => ({ at: at.getTime(), ...rest }));

describe("hours", () => {
  test("are the sums of their minutes, for each outcome and duration, once they are over", async () => {
    const [earlier, later] = [hoursAgo(30), hoursAgo(4)];
    await minuteRow(earlier, 1);
    await minuteRow(earlier + 59 * 60_000, 2);
    await minuteRow(earlier, 3, "timeout", 60);
    await minuteRow(later + 60_000, 4);
    await minuteRow(hoursAgo(0), 5);
    await rollUpMetrics();
    expect(await hours()).toEqual([
      { at: earlier, outcome: "ok", bucket: 20, count: 3 },
      { at: earlier, outcome: "timeout", bucket: 60, count: 3 },
      { at: later, outcome: "ok", bucket: 20, count: 4 },
    ]);
  });

  test("come out the same however often and by however many they are summed up", async () => {
    for (const hour of [6, 5, 4]) await minuteRow(hoursAgo(hour), hour);
    await Promise.all(Array.from({ length: 8 }, () => rollUpMetrics()));
    await rollUpMetrics();
    expect((await hours()).map(({ count }) => count)).toEqual([6, 5, 4]);
  });

  test("wait a quarter of an hour for the counts that a process may still hold", async () => {
    const hour = hoursAgo(5);
    await minuteRow(hour, 1);
    await rollUpMetrics(new Date(hour + 75 * 60_000 - 1));
    expect(await hours()).toEqual([]);
    await rollUpMetrics(new Date(hour + 75 * 60_000));
    expect((await hours()).map(({ at }) => at)).toEqual([hour]);
  });
});

describe("history", () => {
  const minutesLeft = () => rows("SELECT 1 FROM integration_metric WHERE resolution = 'MINUTE'");

  test("keeps minutes for two days, and longer while they are not summed up", async () => {
    await minuteRow(hoursAgo(60), 1);
    await pruneIntegrationHistory();
    expect(await minutesLeft()).toHaveLength(1);
    await rollUpMetrics();
    await minuteRow(hoursAgo(50), 1);
    await minuteRow(hoursAgo(40), 1);
    await pruneIntegrationHistory();
    expect(await minutesLeft()).toHaveLength(2);
    await rollUpMetrics();
    await pruneIntegrationHistory();
    expect(await minutesLeft()).toHaveLength(1);
    expect(await hours()).toHaveLength(3);
  });

  test("keeps hours for ninety days", async () => {
    for (const days of [89, 91])
      await rows(INSERT_METRIC, ["HOUR", new Date(hoursAgo(days * 24)), "ok", 20, 1]);
    await pruneIntegrationHistory();
    expect((await hours()).map(({ at }) => at)).toEqual([hoursAgo(89 * 24)]);
  });

  test("forgets more than one batch at a time", async () => {
    await rows(
      `INSERT INTO integration_metric (provider, mode, effect, resolution, at, outcome, is_retry, bucket, count)
       SELECT 'acme', 'TEST', 'READ', 'HOUR', now() - interval '91 days' - n * interval '1 hour', 'ok', false, 20, 1
         FROM generate_series(1, 12000) AS n`,
    );
    await pruneIntegrationHistory();
    expect(await hours()).toEqual([]);
  });

  test("keeps steps for 400 days, and the latest of each circuit for ever", async () => {
    const insert = (provider: string, effect: string, days: number) =>
      rows(
        `INSERT INTO integration_transition (id, provider, mode, effect, "from", "to", at)
         VALUES ($1, $2, 'LIVE', $3::call_effect, 'CLOSED', 'OPEN', now() - $4 * interval '1 day')`,
        [randomUUID(), provider, effect, days],
      );
    await insert("acme", "READ", 500);
    await insert("acme", "READ", 450);
    await insert("acme", "WRITE", 420);
    await insert("acme", "WRITE", 399);
    await pruneIntegrationHistory();
    const left = await rows<{ days: number }>(
      "SELECT EXTRACT(DAY FROM now() - at)::int AS days FROM integration_transition ORDER BY at",
    );
    expect(left.map(({ days }) => days)).toEqual([450, 399]);
  });

  test("forgets the windows of circuits that are no longer used", async () => {
    const second = Math.floor(Date.now() / 1_000);
    for (const age of [10, 7_200]) {
      await rows("INSERT INTO integration_circuit_slot VALUES ('acme', 'TEST', 'READ', 0, $1, 1, 0)", [
        second - age,
      ]);
    }
    await pruneIntegrationHistory();
    expect(await rows("SELECT slot::int FROM integration_circuit_slot")).toEqual([{ slot: second - 10 }]);
  });
});
