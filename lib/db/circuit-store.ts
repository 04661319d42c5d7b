/**
 * Circuits in the database, shared by all instances. Each step is one conditional statement that also writes its line
 * of history, so that of many who attempt it one takes it. All times are the database's: they are sent as distances
 * from its present moment and added to the reader's clock, so that machines need not agree on the hour.
 */
import {
  type CallCounts,
  CIRCUIT_RULES,
  type Circuit,
  type CircuitCause,
  type CircuitKey,
  type CircuitRules,
  type CircuitState,
  circuitName,
  closedCircuit,
  reachesThreshold,
} from "@/lib/resilience/circuit-state";
import type { CircuitStore, Outcome, ProbeResult } from "@/lib/resilience/circuit-store";
import { type Clock, systemClock } from "@/lib/resilience/clock";
import type { CallEffect, CircuitStateName, ProviderMode } from "@/prisma/generated/enums";
import type { Database } from "./client";
import { fromDatabase, toDatabase } from "./enum-names";

/** Milliseconds from the database's present moment to a column's. */
const distance = (column: string) => `(EXTRACT(EPOCH FROM ${column} - clock_timestamp()) * 1000)::float8`;
const later = (milliseconds: string) => `clock_timestamp() + ${milliseconds} * interval '1 millisecond'`;

interface Row {
  provider: string;
  mode: ProviderMode;
  effect: CallEffect;
  state: CircuitStateName;
  epoch: number;
  cause: CircuitCause;
  probeOwner: string;
  sinceIn: number;
  probeIn: number | null;
  leaseIn: number;
  throttledIn: number | null;
}

const COLUMNS = `provider, mode, effect, state, epoch, cause, probe_owner AS "probeOwner",
  ${distance("since")} AS "sinceIn", ${distance("probe_at")} AS "probeIn",
  ${distance("probe_lease_until")} AS "leaseIn", ${distance("throttled_until")} AS "throttledIn"`;

/** The circuit that $1 to $3 name. */
const OF_KEY = "provider = $1 AND mode = $2::provider_mode AND effect = $3::call_effect";
const KEY_VALUES = "$1, $2::provider_mode, $3::call_effect";
const keyValues = (key: CircuitKey) => [key.provider, toDatabase(key.mode), toDatabase(key.effect)];

const READ_ALL = `SELECT ${COLUMNS} FROM integration_circuit`;
const READ_ONE = `${READ_ALL} WHERE ${OF_KEY}`;
const CREATE = `
  INSERT INTO integration_circuit (provider, mode, effect) VALUES (${KEY_VALUES})
  ON CONFLICT (provider, mode, effect) DO NOTHING`;

/** The second that it is; calls of one second share a slot. */
const THIS_SECOND = "floor(EXTRACT(EPOCH FROM clock_timestamp()))::bigint";
const oldestSecond = (windowMs: string) => `${THIS_SECOND} - ${windowMs}::float8 / 1000`;

/**
 * Adds to the slot of this second, unless the circuit has gone on from that epoch, and forgets some slots that have
 * left the window. One that somebody else is deleting is skipped: waiting for each other, two could wait for ever.
 */
const ADD = `
  WITH circuit AS (
    ${READ_ONE}
  ), added AS (
    INSERT INTO integration_circuit_slot AS slots (provider, mode, effect, epoch, slot, calls, failures)
    SELECT ${KEY_VALUES}, $4::int, ${THIS_SECOND}, $5::int, $6::int
     WHERE COALESCE((SELECT state = 'CLOSED' AND epoch = $4 FROM circuit), $4 = 0)
    ON CONFLICT (provider, mode, effect, epoch, slot) DO UPDATE
      SET calls = slots.calls + EXCLUDED.calls, failures = slots.failures + EXCLUDED.failures
  ), pruned AS (
    DELETE FROM integration_circuit_slot WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM integration_circuit_slot
       WHERE ${OF_KEY} AND (epoch < $4 OR slot <= ${oldestSecond("$7")})
       LIMIT 100 FOR UPDATE SKIP LOCKED))
  )
  SELECT * FROM circuit`;

const SUM_WINDOW = `
  SELECT COALESCE(sum(calls), 0)::int AS calls, COALESCE(sum(failures), 0)::int AS failures
    FROM integration_circuit_slot
   WHERE ${OF_KEY} AND epoch = $4 AND slot > ${oldestSecond("$5")}`;

/** A later moment wins; GREATEST passes over NULL. */
const THROTTLE = `
  INSERT INTO integration_circuit AS circuit (provider, mode, effect, throttled_until)
  VALUES (${KEY_VALUES}, ${later("$4")})
  ON CONFLICT (provider, mode, effect) DO UPDATE
    SET throttled_until = GREATEST(circuit.throttled_until, EXCLUDED.throttled_until)
  RETURNING ${COLUMNS}`;

/**
 * One step from wherever `when` holds. What the row was is read under its lock: an update alone cannot tell, before
 * PostgreSQL 18.
 * @param then what else happens with the step: `, name AS (<statement on "stepped">)`
 */
const step = (when: string, set: string, then = "") => `
  WITH stepped AS (
    UPDATE integration_circuit AS circuit
       SET epoch = circuit.epoch + 1, since = clock_timestamp(), ${set}
      FROM (SELECT * FROM integration_circuit WHERE ${OF_KEY} AND (${when}) FOR UPDATE) AS before
     WHERE circuit.provider = before.provider AND circuit.mode = before.mode AND circuit.effect = before.effect
    RETURNING circuit.*, before.state AS "from", COALESCE(circuit.cause, before.cause) AS why
  ), noted AS (
    INSERT INTO integration_transition (id, provider, mode, effect, "from", "to", cause, at)
    SELECT gen_random_uuid(), provider, mode, effect, "from", state, why, since FROM stepped
  )${then}
  SELECT "from", why, ${COLUMNS} FROM stepped`;

const opened = (cause: string, probeAt: string) =>
  `state = 'OPEN', cause = ${cause}, probe_at = ${probeAt}, probe_owner = NULL, probe_lease_until = NULL`;
const CLOSED =
  "state = 'CLOSED', cause = NULL, probe_at = NULL, probe_owner = NULL, probe_lease_until = NULL";

const PROBE_DUE = `state = 'OPEN' AND probe_at <= clock_timestamp()
  OR state = 'HALF_OPEN' AND probe_lease_until <= clock_timestamp()`;
const PROBED_BY = "state = 'HALF_OPEN' AND probe_owner = $4::uuid";

const OPEN = step("state = 'CLOSED' AND epoch = $4", opened("$5", later("$6")));
const ACQUIRE = step(
  PROBE_DUE,
  `state = 'HALF_OPEN', probe_at = NULL, probe_owner = $4::uuid, probe_lease_until = ${later("$5")}`,
);
const PASS = step(PROBED_BY, CLOSED);
/** Nobody can have counted anything in the epoch that begins here. */
const PASS_ON_TRIAL = step(
  PROBED_BY,
  CLOSED,
  `, on_trial AS (
    INSERT INTO integration_circuit_slot (provider, mode, effect, epoch, slot, calls, failures)
    SELECT provider, mode, effect, epoch, ${THIS_SECOND}, $5::int, $5::int FROM stepped
  )`,
);
const FAIL = step(PROBED_BY, opened("$5", later("$6")));
/** Nothing was learnt: the next one may probe at once, and not when a millisecond that was rounded up has come. */
const RELEASE = step(PROBED_BY, opened("before.cause", "date_trunc('milliseconds', clock_timestamp())"));

const OVERRIDE = {
  open: step("NOT (state = 'OPEN' AND cause = 'operator')", opened("'operator'", "NULL")),
  close: step("true", CLOSED),
  reset: step("true", `${CLOSED}, throttled_until = NULL`),
};

/** What nobody has written of yet. */
const UNTOUCHED = closedCircuit(0);

interface Connection {
  query<R extends object>(statement: string, values: unknown[]): Promise<{ rows: R[] }>;
}

/** @param pool that nothing else may keep waiting (`integrationPool`) */
export function createPostgresCircuitStore(
  pool: Connection,
  rules: CircuitRules = CIRCUIT_RULES,
  clock: Clock = systemClock,
): CircuitStore {
  async function query<R extends object = Row>(statement: string, values: unknown[]): Promise<R[]> {
    return (await pool.query<R>(statement, values)).rows;
  }

  function circuitFrom(row: Row | undefined): Circuit {
    return row
      ? { state: stateFrom(row, clock.now()), throttledUntil: momentFrom(row.throttledIn, clock.now()) }
      : UNTOUCHED;
  }

  async function readOne(key: CircuitKey): Promise<Circuit> {
    const [row] = await query(READ_ONE, keyValues(key));
    return circuitFrom(row);
  }

  /** Takes a step, if its condition holds; else says how things stand. */
  async function take(key: CircuitKey, statement: string, values: unknown[] = []): Promise<Outcome> {
    type Stepped = Row & { from: CircuitStateName; why: CircuitCause | null };
    const [row] = await query<Stepped>(statement, [...keyValues(key), ...values]);
    if (!row) return { circuit: await readOne(key), transition: null };
    const { from, why: cause, state: to } = row;
    return {
      circuit: circuitFrom(row),
      transition: { key, from: fromDatabase(from), to: fromDatabase(to), cause },
    };
  }

  /**
   * The window is summed by a statement that begins when the counts are committed: of several that together reach the
   * threshold, the last one sees them all.
   */
  async function record(key: CircuitKey, counts: CallCounts): Promise<Outcome> {
    const { epoch, calls, failures, cause } = counts;
    const [row] = await query(ADD, [...keyValues(key), epoch, calls, failures, rules.windowMs]);
    const circuit = circuitFrom(row);
    const stays: Outcome = { circuit, transition: null };
    if (failures === 0 || circuit.state.kind !== "closed" || circuit.state.epoch !== epoch) return stays;
    const values = [...keyValues(key), epoch, rules.windowMs];
    const [seen] = await query<{ calls: number; failures: number }>(SUM_WINDOW, values);
    if (!seen || !reachesThreshold(seen, rules)) return stays;
    if (!row) await query(CREATE, keyValues(key));
    return take(key, OPEN, [epoch, cause ?? "unavailable", rules.openMs]);
  }

  function settleProbe(key: CircuitKey, owner: string, result: ProbeResult): Promise<Outcome> {
    switch (result.kind) {
      case "passed":
        return result.onTrial
          ? take(key, PASS_ON_TRIAL, [owner, rules.minimumFailures - 1])
          : take(key, PASS, [owner]);
      case "failed":
        return take(key, FAIL, [owner, result.cause, rules.openMs]);
      case "released":
        return take(key, RELEASE, [owner]);
    }
  }

  return {
    read: async () => {
      const rows = await query(READ_ALL, []);
      return new Map(rows.map((row) => [circuitName(keyFrom(row)), circuitFrom(row)]));
    },
    record,
    acquireProbe: async (key, { owner, leaseMs }) => {
      const outcome = await take(key, ACQUIRE, [owner, leaseMs]);
      return { ...outcome, acquired: outcome.transition !== null };
    },
    settleProbe: (key, { owner, result }) => settleProbe(key, owner, result),
    throttle: async (key, milliseconds) => {
      const [row] = await query(THROTTLE, [...keyValues(key), milliseconds]);
      return { circuit: circuitFrom(row), transition: null };
    },
    override: async (key, action) => {
      await query(CREATE, keyValues(key));
      return take(key, OVERRIDE[action]);
    },
  };
}

/** The same circuits as part of a transaction, for a step that is done together with others or not at all. */
export function circuitStoreWithin(tx: Database): Pick<CircuitStore, "override"> {
  return createPostgresCircuitStore({
    query: async <R extends object>(statement: string, values: unknown[]) => ({
      rows: await tx.$queryRawUnsafe<R[]>(statement, ...values),
    }),
  });
}

function keyFrom({ provider, mode, effect }: Row): CircuitKey {
  return { provider, mode: fromDatabase(mode), effect: fromDatabase(effect) };
}

function momentFrom(distanceMs: number | null, now: number): number | null {
  return distanceMs === null ? null : now + distanceMs;
}

function stateFrom(row: Row, now: number): CircuitState {
  const { epoch, cause, probeOwner: owner } = row;
  const since = now + row.sinceIn;
  switch (row.state) {
    case "CLOSED":
      return { kind: "closed", epoch, since };
    case "OPEN":
      return { kind: "open", epoch, since, cause, probeAt: momentFrom(row.probeIn, now) };
    case "HALF_OPEN":
      return { kind: "half_open", epoch, since, cause, probe: { owner, leaseUntil: now + row.leaseIn } };
  }
}
