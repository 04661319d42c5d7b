/**
 * What inbox and outbox have in common: rows that one worker at a time holds a lease on, and what becomes of them when
 * the work fails. Nothing is written where the lease has gone to somebody else.
 */
import { pool } from "./client";

type WorkTable = "webhook_event" | "outbox_message";

/** A row and the lease on it. */
export interface Held {
  id: string;
  leaseToken: string;
}

/** What becomes of a row whose work has failed. */
export type Fate = { kind: "retry" | "wait"; delayMs: number } | { kind: "dead" };

/**
 * Up to when (SQL) a row is due by its `next_attempt_at`: that column is rounded to milliseconds, perhaps upwards, and
 * what was written a moment ago is due all the same.
 */
export const DUE_UNTIL = "(now() + interval '1 millisecond')";

/** What is noted of an attempt that nobody came to an end with. */
export const LAPSED = "its worker stopped before it had ended";
/** So often in a row, and it is given up: it may be what stops them. */
export const MOST_LAPSES = 10;

/**
 * As SQL, of a row that is being leased: how many leases on it ended by themselves in a row, 0 where the last one was
 * given back. Whatever gives a lease back clears `lease_until`.
 * @param leaseUntil the row's before it is leased
 * @param bornAt since when it is tried
 */
export function lapsesOf(id: string, leaseUntil: string, bornAt: string): string {
  return `CASE WHEN ${leaseUntil} IS NULL THEN 0 ELSE 1 + (
            SELECT COUNT(*)::int FROM (
              SELECT failed_attempt.error FROM failed_attempt
               WHERE failed_attempt.work_id = ${id} AND failed_attempt.at >= ${bornAt}
               ORDER BY failed_attempt.at DESC LIMIT ${MOST_LAPSES - 1}) AS last
             WHERE last.error = '${LAPSED}') END`;
}

/** What is given up keeps no secret. */
const AT_DEATH: Record<WorkTable, string> = {
  webhook_event: "",
  outbox_message: ", secret_payload = CASE given.fate WHEN 'dead' THEN NULL ELSE work.secret_payload END",
};

const giveBackStatement = (table: WorkTable, statusType: string) => `
  WITH back AS (
    UPDATE ${table} AS work
       SET status = (CASE given.fate WHEN 'dead' THEN 'DEAD' ELSE 'PENDING' END)::${statusType},
           attempts = work.attempts - CASE given.fate WHEN 'wait' THEN 1 ELSE 0 END,
           next_attempt_at = now() + given.delay_ms * interval '1 millisecond',
           lease_token = NULL, lease_until = NULL, last_error = $5${AT_DEATH[table]}
      FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::float8[]) AS given (id, lease_token, fate, delay_ms)
     WHERE work.id = given.id AND work.lease_token = given.lease_token
    RETURNING work.id, work.attempts, given.fate),
  noted AS (
    INSERT INTO failed_attempt (id, work_id, number, error, is_last)
    SELECT gen_random_uuid(), id, attempts, $5, fate = 'dead' FROM back WHERE fate <> 'wait')
  SELECT id FROM back`;

const GIVE_BACK: Record<WorkTable, string> = {
  webhook_event: giveBackStatement("webhook_event", "webhook_event_status"),
  outbox_message: giveBackStatement("outbox_message", "outbox_status"),
};

/** What a worker does with rows that it holds and has not done. */
export interface Leases {
  /**
   * Gives rows back to be tried again after a while, or gives them up; in the same statement each failed attempt is
   * noted. To wait is no attempt: the one that was counted when it was leased is taken back.
   * @param lastError class and our own words
   * @returns the ids of those whose lease was still ours
   */
  giveBack(rows: readonly (Held & { next: Fate })[], lastError: string): Promise<string[]>;
  /** Lets go of rows undone: due as before, as if they had never been leased. */
  release(rows: readonly Held[]): Promise<void>;
}

export function leasesOn(table: WorkTable): Leases {
  return {
    giveBack: async (rows, lastError) => {
      const back = await pool().query<{ id: string }>(GIVE_BACK[table], [
        rows.map(({ id }) => id),
        rows.map(({ leaseToken }) => leaseToken),
        rows.map(({ next }) => next.kind),
        rows.map(({ next }) => (next.kind === "dead" ? 0 : next.delayMs)),
        lastError,
      ]);
      return back.rows.map(({ id }) => id);
    },
    release: async (rows) => {
      await pool().query(
        `UPDATE ${table} AS work SET lease_token = NULL, lease_until = NULL, attempts = work.attempts - 1
           FROM unnest($1::uuid[], $2::uuid[]) AS held (id, lease_token)
          WHERE work.id = held.id AND work.lease_token = held.lease_token AND work.status = 'PENDING'`,
        [rows.map(({ id }) => id), rows.map(({ leaseToken }) => leaseToken)],
      );
    },
  };
}
