/** What people are alerted to: one row a cause, told once an hour however many instances see it. */
import type { PrismaClient } from "@/prisma/generated/client";
import { type Database, db } from "./client";
import { toDatabase } from "./enum-names";

export interface AlertSighting {
  /** "<what>:<provider>:<mode>", and ":<effect>" where reads and writes are told apart. */
  cause: string;
  severity: "warning" | "critical";
  /** One line for the console. */
  summary: string;
  /** How often it was seen since this process last asked. */
  times: number;
}

/** The one telling of an hour. */
export interface Telling {
  toldAt: Date;
  /** The telling before this one, and how often the cause was seen after it; null for the first. */
  before: { toldAt: Date; seenSince: number } | null;
}

/**
 * Counts a sighting, and tells it where nobody has within the last hour of the database's clock.
 * @param onTold runs in the same transaction, for the one caller that tells: what it writes is written once
 * @returns null where it was told already
 */
export async function noteAlert(
  sighting: AlertSighting,
  onTold: (tx: Database, telling: Telling) => Promise<void>,
  client: PrismaClient = db(),
): Promise<Telling | null> {
  const { cause, severity, summary, times } = sighting;
  return client.$transaction(async (tx) => {
    // Whoever sees the same cause at this moment waits here for the row, and then finds it told.
    const [seen] = await tx.$queryRaw<{ seen: number; toldBefore: Date | null; isDue: boolean }[]>`
      INSERT INTO alert AS known (cause, severity, summary, told_at, seen)
      VALUES (${cause}, ${toDatabase(severity)}::alert_severity, ${summary}, '-infinity', ${times})
      ON CONFLICT (cause) DO UPDATE
        SET severity = EXCLUDED.severity, summary = EXCLUDED.summary, last_seen_at = now(),
            seen = known.seen + EXCLUDED.seen
      RETURNING seen, NULLIF(told_at, '-infinity') AS "toldBefore",
                told_at <= now() - interval '1 hour' AS "isDue"`;
    if (!seen?.isDue) return null;
    const [told] = await tx.$queryRaw<{ toldAt: Date }[]>`
      UPDATE alert SET told_at = now(), seen = 1 WHERE cause = ${cause} RETURNING told_at AS "toldAt"`;
    if (!told) throw new Error(`the alert ${cause} is gone within its own transaction`);
    // The telling itself was the first sighting.
    const before = seen.toldBefore && { toldAt: seen.toldBefore, seenSince: seen.seen - 1 };
    const telling = { toldAt: told.toldAt, before };
    await onTold(tx, telling);
    return telling;
  });
}
