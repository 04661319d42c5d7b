/** How many mails all instances together hand a vendor in a second, counted by the database's clock. */
import { db } from "./client";
import { emailModeColumn } from "./scope";

/** Seconds ahead that are given away too, so that a queue moves at the vendor's pace: nobody waits longer for one. */
const AHEAD = 1;
/** Counters of seconds that are over are of no use. */
const KEPT_SECONDS = 60;
/** Several instances that reach for the last place of a second at once: all but one look again. */
const LOOKS = 4;

export type SendSlot =
  /** Counted, used or not: to be used after this many milliseconds. */
  | { kind: "taken"; waitMs: number }
  /** All of them are given away, for so long at least. */
  | { kind: "none"; retryAfterMs: number };

/**
 * Takes a place in the first second that has one: this one or the next.
 * @param perSecond what the vendor takes in a second, from 1
 */
export async function takeSendSlot(provider: string, perSecond: number): Promise<SendSlot> {
  let retryAfterMs = 0;
  for (let look = 0; look < LOOKS; look += 1) {
    const { isFree, slot, used, waitMs, nextSecondMs } = await reach(provider, perSecond);
    retryAfterMs = nextSecondMs;
    if (!isFree) break;
    if (slot === null) continue;
    if (used === 1) await forgetOld(provider, slot);
    return { kind: "taken", waitMs };
  }
  return { kind: "none", retryAfterMs };
}

interface Reached {
  /** Whether there was one before it was reached for. */
  isFree: boolean;
  /** Null where there was none, or somebody else had it first. */
  slot: bigint | null;
  used: number | null;
  waitMs: number;
  nextSecondMs: number;
}

async function reach(provider: string, perSecond: number): Promise<Reached> {
  const mode = emailModeColumn();
  const [reached] = await db().$queryRaw<Reached[]>`
    WITH clock AS (SELECT EXTRACT(EPOCH FROM clock_timestamp()) AS at),
         free AS (
           SELECT candidate
             FROM clock, generate_series(floor(at)::bigint, floor(at)::bigint + ${AHEAD}::int) AS candidate
            WHERE NOT EXISTS (
              SELECT 1 FROM send_slot
               WHERE provider = ${provider} AND mode = ${mode}::provider_mode AND slot = candidate
                 AND used >= ${perSecond}::int)
            ORDER BY candidate LIMIT 1),
         taken AS (
           INSERT INTO send_slot (provider, mode, slot, used)
           SELECT ${provider}, ${mode}::provider_mode, candidate, 1 FROM free
           ON CONFLICT (provider, mode, slot) DO UPDATE SET used = send_slot.used + 1
            WHERE send_slot.used < ${perSecond}::int
           RETURNING slot, used)
    SELECT free.candidate IS NOT NULL AS "isFree", taken.slot, taken.used,
           GREATEST(0, (COALESCE(taken.slot, 0) - at) * 1000)::float8 AS "waitMs",
           ((floor(at) + 1 - at) * 1000)::float8 AS "nextSecondMs"
      FROM clock LEFT JOIN free ON true LEFT JOIN taken ON true`;
  if (!reached) throw new Error("the database has no time of day");
  return reached;
}

async function forgetOld(provider: string, slot: bigint): Promise<void> {
  await db().sendSlot.deleteMany({
    where: { provider, mode: emailModeColumn(), slot: { lt: slot - BigInt(KEPT_SECONDS) } },
  });
}
