/** Sets of events or messages that are done again: asked for once, worked off in batches, shown while that goes on. */
import type { Prisma } from "@/prisma/generated/client";
import type { ReplayTarget } from "@/prisma/generated/enums";
import { type Database, db } from "./client";
import type { Batch, BatchStart } from "./replay";

export interface LeasedReplayJob {
  id: string;
  actorId: string | null;
  target: ReplayTarget;
  /** As it was written; whoever works on it reads it. */
  filter: unknown;
  leaseToken: string;
}

/**
 * Writes down that a set is to be done again: what is in it now, nothing that comes later. Says whether it was written
 * now; the same request asked twice is one.
 */
export async function insertReplayJob(
  tx: Database,
  job: { requestKey: string; actorId: string; target: ReplayTarget; filter: Prisma.InputJsonObject },
): Promise<string | null> {
  const [row] = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO replay_job (id, request_key, actor_id, target, filter, until)
    VALUES (gen_random_uuid(), ${job.requestKey}, ${job.actorId}::uuid, ${job.target}::replay_target,
            ${JSON.stringify(job.filter)}::jsonb, now())
    ON CONFLICT (request_key) DO NOTHING
    RETURNING id`;
  return row?.id ?? null;
}

/** Leases jobs that nobody works on to this caller alone, the oldest first. */
export async function claimReplayJobs(limit: number, leaseMs: number): Promise<LeasedReplayJob[]> {
  return db().$queryRaw<LeasedReplayJob[]>`
    UPDATE replay_job
       SET lease_token = gen_random_uuid(), lease_until = now() + ${leaseMs} * interval '1 millisecond'
     WHERE id IN (
       SELECT id FROM replay_job
        WHERE finished_at IS NULL AND (lease_until IS NULL OR lease_until < now())
        ORDER BY created_at
        LIMIT ${limit}
        FOR UPDATE SKIP LOCKED)
    RETURNING id, actor_id AS "actorId", target, filter, lease_token AS "leaseToken"`;
}

/** Its two statements read a batch and write it, with the audit entries. */
const BATCH_TIMEOUT_MS = 20_000;

/**
 * Does the next batch of a job, and notes how far that went in the same transaction: killed at any moment, nothing is
 * done twice and nothing left out. Answers what was done, whether the job is over by then, or null where the lease has
 * gone to somebody else.
 */
export async function runReplayBatch(
  { id, leaseToken }: LeasedReplayJob,
  { size, leaseMs }: { size: number; leaseMs: number },
  run: (tx: Database, start: BatchStart) => Promise<Batch>,
): Promise<{ isFinished: boolean } | null> {
  return db().$transaction(
    async (tx) => {
      const [job] = await tx.$queryRaw<{ until: Date; cursorAt: Date | null; cursorId: string | null }[]>`
        SELECT until, cursor_at AS "cursorAt", cursor_id AS "cursorId" FROM replay_job
         WHERE id = ${id}::uuid AND lease_token = ${leaseToken}::uuid AND finished_at IS NULL
         FOR UPDATE`;
      if (job === undefined) return null;
      const { until, cursorAt, cursorId } = job;
      const cursor = cursorAt === null || cursorId === null ? null : { at: cursorAt, id: cursorId };
      const batch = await run(tx, { until, cursor, size });
      const { at, id: lastId } = batch.cursor ?? { at: cursorAt, id: cursorId };
      const isFinished = batch.cursor === null;
      await tx.$executeRaw`
        UPDATE replay_job
           SET replayed = replayed + ${batch.replayed}, cursor_at = ${at}::timestamptz, cursor_id = ${lastId}::uuid,
               lease_until = now() + ${leaseMs} * interval '1 millisecond',
               finished_at = CASE WHEN ${isFinished} THEN now() END
         WHERE id = ${id}::uuid`;
      // What counts is for how long nothing has succeeded.
      await tx.failedAttempt.deleteMany({ where: { workId: id } });
      return { isFinished };
    },
    { timeout: BATCH_TIMEOUT_MS },
  );
}

/** Gives a job back: somebody goes on with it after `delayMs`. */
export async function releaseReplayJob(job: LeasedReplayJob, delayMs: number): Promise<void> {
  await db().$executeRaw`
    UPDATE replay_job SET lease_token = NULL, lease_until = now() + ${delayMs} * interval '1 millisecond'
     WHERE id = ${job.id}::uuid AND lease_token = ${job.leaseToken}::uuid`;
}

/**
 * Notes that a batch has failed, and gives the job back for after `delayMs`; where nothing else has happened for longer
 * than `givenUpAfterMs`, ends it. Says whether it was ended here.
 * @param error class and our own words
 */
export async function failReplayJob(
  job: LeasedReplayJob,
  { delayMs, givenUpAfterMs, error }: { delayMs: number; givenUpAfterMs: number; error: string },
): Promise<boolean> {
  const rows = await db().$queryRaw<{ isOver: boolean }[]>`
    WITH before AS (
      SELECT MIN(at) AS since, COUNT(*)::int AS failures FROM failed_attempt WHERE work_id = ${job.id}::uuid),
    back AS (
      UPDATE replay_job
         SET lease_token = NULL, lease_until = now() + ${delayMs} * interval '1 millisecond',
             finished_at = CASE WHEN since < now() - ${givenUpAfterMs} * interval '1 millisecond' THEN now() END
        FROM before
       WHERE id = ${job.id}::uuid AND lease_token = ${job.leaseToken}::uuid
      RETURNING id, failures + 1 AS number, finished_at IS NOT NULL AS "isOver"),
    noted AS (
      INSERT INTO failed_attempt (id, work_id, number, error, is_last)
      SELECT gen_random_uuid(), id, number, ${error}, "isOver" FROM back)
    SELECT "isOver" FROM back`;
  return rows[0]?.isOver ?? false;
}

export interface ReplayJobView {
  id: string;
  filter: unknown;
  actorName: string | null;
  replayed: number;
  /** When the last row that was looked at came; the work goes from the newest to the oldest. */
  reachedAt: Date | null;
  createdAt: Date;
  /** Null while it goes on. */
  finishedAt: Date | null;
  /** Why it was ended before its end; null where it was not. */
  error: string | null;
}

const JOBS_SHOWN = 5;

/** The jobs that go on, and those that ended within the last day; the newest first. */
export async function recentReplayJobs(target: ReplayTarget): Promise<ReplayJobView[]> {
  return db().$queryRaw<ReplayJobView[]>`
    SELECT job.id, job.filter, person.name AS "actorName", job.replayed, job.cursor_at AS "reachedAt",
           job.created_at AS "createdAt", job.finished_at AS "finishedAt",
           (SELECT error FROM failed_attempt WHERE work_id = job.id AND is_last LIMIT 1) AS error
      FROM ((SELECT * FROM replay_job WHERE finished_at IS NULL ORDER BY created_at DESC LIMIT 100)
            UNION ALL
            (SELECT * FROM replay_job WHERE finished_at > now() - interval '1 day'
              ORDER BY finished_at DESC LIMIT 100)) AS job
      LEFT JOIN "user" AS person ON person.id = job.actor_id
     WHERE job.target = ${target}::replay_target
     ORDER BY job.created_at DESC, job.id
     LIMIT ${JOBS_SHOWN}`;
}
