import { db } from "./client";
import { ownMessagesSql } from "./outbox";
import { ownScopeSql } from "./webhook-filter";

/** Throws when the database does not answer. */
export async function pingDatabase(): Promise<void> {
  await db().$queryRaw`SELECT 1`;
}

/** Seconds that the oldest due row of inbox and outbox, of this process's modes, has been waiting; 0 when nothing waits. */
export async function oldestDueSeconds(): Promise<number> {
  const rows = await db().$queryRaw<{ seconds: number }[]>`
    SELECT COALESCE(EXTRACT(EPOCH FROM now() - MIN(due)), 0)::float AS seconds
      FROM (SELECT MIN(next_attempt_at) AS due FROM webhook_event
             WHERE status = 'PENDING' AND next_attempt_at <= now() AND ${ownScopeSql()}
            UNION ALL
            SELECT MIN(next_attempt_at) FROM outbox_message
             WHERE status = 'PENDING' AND next_attempt_at <= now() AND ${ownMessagesSql()}) AS waiting`;
  return Math.max(0, rows[0]?.seconds ?? 0);
}
