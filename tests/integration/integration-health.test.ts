/** Guards what operators are shown: of the providers and modes that were asked for alone, and true to the rows. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "@/tests/support/database";

const database = await createTestDatabase();
process.env.DATABASE_URL = database.url;
const { listCircuits, listStatuses, listTransitions, transitionsSince } = await import(
  "@/lib/db/integration-health"
);
const { db, pool } = await import("@/lib/db/client");

beforeEach(() => pool().query("TRUNCATE integration_status, integration_transition, integration_circuit"));
afterAll(async () => {
  await db().$disconnect();
  await pool().end();
  await database.drop();
});

const ACME = { provider: "acme", mode: "test" as const };
const ZENITH = { provider: "zenith", mode: "live" as const };
const SCOPES = [ACME, ZENITH];
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds);

describe("circuits", () => {
  test("are listed with what happens next, for the providers and modes that were asked for", async () => {
    const row = { provider: "acme", mode: "TEST" as const, since: ago(1_000) };
    const probeAt = ago(-29_000);
    const probeLeaseUntil = ago(-12_000);
    await db().integrationCircuit.createMany({
      data: [
        { ...row, effect: "READ", state: "OPEN", cause: "timeout", epoch: 1, probeAt },
        {
          ...row,
          effect: "WRITE",
          state: "HALF_OPEN",
          cause: "unavailable",
          probeOwner: randomUUID(),
          probeLeaseUntil,
        },
        { ...row, effect: "READ", mode: "LIVE" },
        { ...row, effect: "READ", provider: "other" },
        { ...row, effect: "READ", provider: "zenith", mode: "LIVE", throttledUntil: probeAt },
      ],
    });
    const nothing = { cause: null, probeAt: null, probeLeaseUntil: null, throttledUntil: null };
    expect(await listCircuits(SCOPES)).toEqual([
      { ...nothing, ...ACME, effect: "read", state: "open", since: row.since, cause: "timeout", probeAt },
      {
        ...{ ...nothing, ...ACME, effect: "write", state: "half_open", since: row.since },
        ...{ cause: "unavailable", probeLeaseUntil },
      },
      { ...nothing, ...ZENITH, effect: "read", state: "closed", since: row.since, throttledUntil: probeAt },
    ]);
    expect(await listCircuits([])).toEqual([]);
  });
});

describe("what was last seen", () => {
  test("is told with the last failure and the quota, or without", async () => {
    const [success, failure, seen, reset] = [ago(1_000), ago(2_000), ago(3_000), ago(-4_000)];
    const row = { mode: "TEST" as const, provider: "acme", lastSuccessAt: success };
    const failed = {
      ...{ lastFailureAt: failure, lastFailureKind: "timeout", lastFailureOperation: "thing.read" },
      ...{ lastFailureRequestId: "req_1", lastFailureStatus: 504 },
      ...{ quotaLimit: 100, quotaRemaining: 0, quotaResetsAt: reset, quotaSeenAt: seen },
    };
    await db().integrationStatus.createMany({
      data: [
        { ...row, effect: "READ", ...failed },
        { ...row, effect: "WRITE" },
        { ...row, effect: "READ", mode: "SANDBOX" },
      ],
    });
    expect(await listStatuses(SCOPES)).toEqual([
      {
        ...{ ...ACME, effect: "read", lastSuccessAt: success },
        lastFailure: {
          at: failure,
          kind: "timeout",
          operation: "thing.read",
          requestId: "req_1",
          status: 504,
        },
        quota: { limit: 100, remaining: 0, resetsAt: reset, seenAt: seen },
      },
      { ...ACME, effect: "write", lastSuccessAt: success, lastFailure: null, quota: null },
    ]);
  });
});

describe("transitions", () => {
  type State = "CLOSED" | "OPEN" | "HALF_OPEN";
  const note = (at: Date, from: State, to: State, changes: { provider?: string; mode?: "LIVE" } = {}) =>
    db().integrationTransition.create({
      data: { provider: "acme", mode: "TEST", effect: "WRITE", from, to, cause: "timeout", at, ...changes },
    });

  test("are listed newest first, across providers, and no more than asked for", async () => {
    await note(ago(5_000), "CLOSED", "OPEN");
    await note(ago(4_000), "OPEN", "HALF_OPEN");
    await note(ago(3_000), "CLOSED", "OPEN", { provider: "zenith", mode: "LIVE" });
    await note(ago(2_000), "HALF_OPEN", "CLOSED");
    await note(ago(1_000), "CLOSED", "OPEN", { mode: "LIVE" });
    const listed = await listTransitions(SCOPES, { limit: 3 });
    expect(listed.map(({ provider, from, to }) => `${provider} ${from} ${to}`)).toEqual([
      "acme half_open closed",
      "zenith closed open",
      "acme open half_open",
    ]);
    expect(listed[0]).toEqual({
      ...{ ...ACME, effect: "write", from: "half_open", to: "closed", cause: "timeout" },
      ...{ id: expect.any(String), at: expect.any(Date) },
    });
  });

  test("of bars are those between closed and not closed, since then and oldest first", async () => {
    await note(ago(50_000), "CLOSED", "OPEN");
    await note(ago(40_000), "OPEN", "HALF_OPEN");
    await note(ago(39_000), "HALF_OPEN", "OPEN");
    await note(ago(30_000), "OPEN", "HALF_OPEN");
    await note(ago(29_000), "HALF_OPEN", "CLOSED");
    await note(ago(20_000), "CLOSED", "CLOSED");
    await note(ago(10_000), "CLOSED", "OPEN");
    const listed = await transitionsSince(SCOPES, ago(45_000));
    expect(listed.map(({ from, to }) => `${from} ${to}`)).toEqual(["half_open closed", "closed open"]);
  });
});
