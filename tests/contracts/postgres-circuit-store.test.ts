import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createPostgresCircuitStore } from "@/lib/db/circuit-store";
import { CIRCUIT_RULES, type CircuitKey, circuitName } from "@/lib/resilience/circuit-state";
import { systemClock } from "@/lib/resilience/clock";
import { createTestDatabase } from "@/tests/support/database";
import { describeCircuitStore } from "./circuit-store.contract";

/** Pools of the size that a process has. */
const PROCESSES = 6;

async function startDatabase() {
  const database = await createTestDatabase();
  const newPool = () => new pg.Pool({ connectionString: database.url, max: 2 });
  const pools: [pg.Pool, ...pg.Pool[]] = [newPool(), ...Array.from({ length: PROCESSES - 1 }, newPool)];
  return {
    pools,
    stop: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
      await database.drop();
    },
  };
}

/** Time passes for rows that become older. */
async function age(pool: pg.Pool, milliseconds: number): Promise<void> {
  const columns = ["since", "probe_at", "probe_lease_until", "throttled_until"];
  const moved = columns.map((column) => `${column} = ${column} - $1 * interval '1 millisecond'`);
  await pool.query(`UPDATE integration_circuit SET ${moved.join(", ")}`, [milliseconds]);
  // Negative in between, so that none meets the one that still stands where it goes.
  await pool.query("UPDATE integration_circuit_slot SET slot = -slot");
  await pool.query("UPDATE integration_circuit_slot SET slot = -slot - $1", [milliseconds / 1_000]);
}

describeCircuitStore("Postgres", async () => {
  const { pools, stop } = await startDatabase();
  const [first, ...others] = pools;
  const store = (pool: pg.Pool) => createPostgresCircuitStore(pool);
  return {
    stores: [store(first), ...others.map(store)],
    now: Date.now,
    advance: (milliseconds) => age(first, milliseconds),
    stop,
  };
});

describe("circuits in Postgres", () => {
  let database: Awaited<ReturnType<typeof startDatabase>>;
  let pool: pg.Pool;
  let key: CircuitKey;
  beforeAll(async () => {
    database = await startDatabase();
    [pool] = database.pools;
  });
  beforeEach(() => {
    key = { provider: `acme-${randomUUID()}`, mode: "test", effect: "write" };
  });
  afterAll(() => database?.stop());

  const failures = (count: number, epoch = 0) => ({
    ...{ epoch, calls: count, failures: count, cause: "timeout" as const },
  });
  const rows = async (sql: string) => (await pool.query(sql, [key.provider])).rows;
  const slots = () => rows("SELECT * FROM integration_circuit_slot WHERE provider = $1");

  test("have each step in their history, with its time", async () => {
    const store = createPostgresCircuitStore(pool);
    const owner = randomUUID();
    await store.record(key, failures(5));
    await age(pool, CIRCUIT_RULES.openMs);
    await store.acquireProbe(key, { owner, leaseMs: 1_000 });
    await store.settleProbe(key, { owner, result: { kind: "passed" } });
    await store.override(key, "open");
    await store.override(key, "open");
    await store.throttle(key, 1_000);
    const history = await rows(
      `SELECT mode::text, effect::text, "from"::text, "to"::text, cause, now() - at < interval '1 minute' AS recent
         FROM integration_transition WHERE provider = $1 ORDER BY at`,
    );
    const step = (from: string, to: string, cause: string) => ({
      ...{ mode: "TEST", effect: "WRITE", from, to, cause, recent: true },
    });
    expect(history).toEqual([
      step("CLOSED", "OPEN", "timeout"),
      step("OPEN", "HALF_OPEN", "timeout"),
      step("HALF_OPEN", "CLOSED", "timeout"),
      step("CLOSED", "OPEN", "operator"),
    ]);
  });

  test("have one line of history however many processes attempt the step", async () => {
    const stores = database.pools.map((each) => createPostgresCircuitStore(each));
    await Promise.all(
      Array.from({ length: 5 }, () => stores.map((store) => store.record(key, failures(5)))).flat(),
    );
    expect(await rows("SELECT id FROM integration_transition WHERE provider = $1")).toHaveLength(1);
  });

  test("count a second of the fleet's calls in one row, exactly", async () => {
    const stores = database.pools.map((each) => createPostgresCircuitStore(each));
    const reports = Array.from({ length: 20 }, () =>
      stores.map((store) => store.record(key, { epoch: 0, calls: 3, failures: 0, cause: null })),
    );
    await Promise.all(reports.flat());
    const counted = await slots();
    expect(counted.reduce((sum, { calls }) => sum + calls, 0)).toBe(20 * PROCESSES * 3);
    // The reports may have met the turn of a second or two.
    expect(counted.length).toBeLessThan(5);
  });

  test("forget the counts that no longer matter as new ones come", async () => {
    const store = createPostgresCircuitStore(pool);
    await store.record(key, failures(1));
    await age(pool, CIRCUIT_RULES.windowMs + 1_000);
    await store.record(key, failures(2));
    expect(await slots()).toMatchObject([{ epoch: 0, failures: 2 }]);
    await store.override(key, "reset");
    await store.record(key, failures(3, 1));
    expect(await slots()).toMatchObject([{ epoch: 1, failures: 3 }]);
  });

  test("wait for nobody who holds old counts, and do not count them again", async () => {
    const store = createPostgresCircuitStore(pool);
    await store.record(key, failures(4));
    await age(pool, CIRCUIT_RULES.windowMs + 1_000);
    const holder = await pool.connect();
    await holder.query("BEGIN");
    await holder.query("SELECT 1 FROM integration_circuit_slot WHERE provider = $1 FOR UPDATE", [
      key.provider,
    ]);
    expect((await store.record(key, failures(4))).circuit.state.kind).toBe("closed");
    expect(await slots()).toHaveLength(2);
    await holder.query("ROLLBACK");
    holder.release();
  });

  test("are told in the time of the machine that asks, however wrong its clock is", async () => {
    const skewMs = 3_600_000;
    const skewed = { ...systemClock, now: () => Date.now() - skewMs };
    await createPostgresCircuitStore(pool).record(key, failures(5));
    const circuits = await createPostgresCircuitStore(pool, CIRCUIT_RULES, skewed).read();
    const state = circuits.get(circuitName(key))?.state;
    const probeAt = state?.kind === "open" ? state.probeAt : null;
    const distanceMs = (probeAt ?? 0) - (Date.now() - skewMs);
    expect(distanceMs).toBeGreaterThan(CIRCUIT_RULES.openMs - 5_000);
    expect(distanceMs).toBeLessThanOrEqual(CIRCUIT_RULES.openMs + 1);
  });

  test("are read in one statement, and told of calls that went well in one", async () => {
    const statements: string[] = [];
    const counting = new Proxy(pool, {
      get: (target, property, receiver) => {
        if (property !== "query") return Reflect.get(target, property, receiver);
        return (statement: string, values: unknown[]) => {
          statements.push(statement);
          return target.query(statement, values);
        };
      },
    });
    const store = createPostgresCircuitStore(counting);
    await store.read();
    await store.record(key, { epoch: 0, calls: 10, failures: 0, cause: null });
    expect(statements).toHaveLength(2);
  });

  test("reject when the database does not answer", async () => {
    const nobody = new pg.Pool({ host: "127.0.0.1", port: 1, max: 1, connectionTimeoutMillis: 1_000 });
    const store = createPostgresCircuitStore(nobody);
    await expect(store.read()).rejects.toThrow();
    await expect(store.record(key, failures(1))).rejects.toThrow();
    await nobody.end();
  });
});
