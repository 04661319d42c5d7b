/**
 * Work that is due from time to time, whoever comes by first: its time is claimed here, on the database's clock, so
 * that of any number of instances and visitors one does it. A turn is no guarantee that the work is done: whoever has
 * it may be killed, and the next turn does what is still to do.
 */
import { pool } from "./client";

/**
 * Due when its time has come, and where that time lies further ahead than anybody would have set it: the clock was set
 * back, or the interval was made shorter. The next time is cut to the column's milliseconds, not rounded: it may never
 * lie beyond what it is compared with.
 */
const EVERY = "$2::float8 * interval '1 millisecond'";
const NEXT = `date_trunc('milliseconds', clock_timestamp() + ${EVERY})`;
const isDue = (dueAt: string) => `(${dueAt} <= clock_timestamp() OR ${dueAt} > clock_timestamp() + ${EVERY})`;

/** Reading comes first, so that those who come too early lock nothing. Who waits for a row looks at it once more. */
const CLAIM = `
  INSERT INTO schedule AS known (name, due_at, started_at)
  SELECT $1, ${NEXT}, clock_timestamp()
   WHERE COALESCE((SELECT ${isDue("due_at")} FROM schedule WHERE name = $1), true)
  ON CONFLICT (name) DO UPDATE SET due_at = ${NEXT}, started_at = clock_timestamp()
    WHERE ${isDue("known.due_at")}`;

/**
 * Takes the turn at something: true for the one caller whose turn it is, and from then on once in `everyMs`
 * (milliseconds) at most. The first one ever has it at once. One name goes with one interval.
 */
export async function claimSchedule(name: string, everyMs: number): Promise<boolean> {
  const { rowCount } = await pool().query(CLAIM, [name, everyMs]);
  return rowCount === 1;
}

/** Notes that a turn has come to its end, as opposed to one that was killed. */
export async function endSchedule(name: string): Promise<void> {
  await pool().query("UPDATE schedule SET ended_at = clock_timestamp() WHERE name = $1", [name]);
}

/** The next turn comes with the next caller, whenever it was due. */
export async function makeScheduleDue(name: string): Promise<void> {
  await pool().query("UPDATE schedule SET due_at = clock_timestamp() WHERE name = $1", [name]);
}

/** How long ago, on the database's clock; in seconds. */
export interface ScheduleReading {
  startedSecondsAgo: number | null;
  /** Null where no turn has ended yet. */
  endedSecondsAgo: number | null;
}

/** When something was begun and ended last; null where nobody has had a turn at it yet. */
export async function readSchedule(name: string): Promise<ScheduleReading | null> {
  const ago = (column: string) => `EXTRACT(EPOCH FROM clock_timestamp() - ${column})::float8`;
  const { rows } = await pool().query<ScheduleReading>(
    `SELECT ${ago("started_at")} AS "startedSecondsAgo", ${ago("ended_at")} AS "endedSecondsAgo"
       FROM schedule WHERE name = $1`,
    [name],
  );
  return rows[0] ?? null;
}
