/**
 * Works off the sets that operators have done again: a batch at a time, and not faster than what they come to is worked
 * on, so that what is new never waits behind what is old.
 */
import { type IsHandled, isBacklogOf, replayEventBatch, replayMessageBatch } from "@/lib/db/replay";
import {
  claimReplayJobs,
  failReplayJob,
  type LeasedReplayJob,
  releaseReplayJob,
  runReplayBatch,
} from "@/lib/db/replay-jobs";
import { errorFields, logger } from "@/lib/logger";
import { describeFailure, type Piece, type Work } from "@/lib/pump/work";
import { readEventFilter, readMessageFilter } from "./replay-filter";

/** Rows that are looked at by one transaction. */
const BATCH = 500;
/** Due work beyond which a set waits. */
const BACKLOG = 500;
/** What it then waits; milliseconds. */
const PAUSE_MS = 1_000;
/** What it waits where a batch has failed. */
const AFTER_FAILURE_MS = 30_000;
/** It is ended where no batch has succeeded for so long: an operator sees why, and may ask anew. */
const GIVE_UP_MS = 60 * 60_000;
/** Within which a turn at a set ends (milliseconds): others want theirs. */
const TURN_MS = 2_000;
/** Taken anew with each batch. */
const LEASE_MS = 60_000;

/** One batch; says whether there is more to do right away. */
async function runBatch(job: LeasedReplayJob, isHandled: IsHandled): Promise<"more" | "pause" | "over"> {
  if (await isBacklogOf(job.target, BACKLOG)) return "pause";
  const replay = { actorId: job.actorId, jobId: job.id };
  const outcome = await runReplayBatch(job, { size: BATCH, leaseMs: LEASE_MS }, (tx, start) =>
    job.target === "INBOX"
      ? replayEventBatch(tx, readEventFilter(job.filter), start, replay, isHandled)
      : replayMessageBatch(tx, readMessageFilter(job.filter), start, replay),
  );
  // Without an outcome the lease has gone to somebody else, who goes on from the last batch.
  return outcome === null || outcome.isFinished ? "over" : "more";
}

/** A turn: as many batches as there is time for. */
async function takeTurn(job: LeasedReplayJob, isHandled: IsHandled): Promise<void> {
  const endsAt = Date.now() + TURN_MS;
  let next: "more" | "pause" | "over";
  do {
    next = await runBatch(job, isHandled);
  } while (next === "more" && Date.now() < endsAt);
  if (next !== "over") await releaseReplayJob(job, next === "pause" ? PAUSE_MS : 0);
}

function pieceOf(job: LeasedReplayJob, isHandled: IsHandled): Piece {
  const giveBack = async (how: () => Promise<void>) => {
    try {
      await how();
    } catch (error) {
      const fields = { source: "replay", id: job.id, ...errorFields(error) };
      logger.error(fields, "could not be released, comes again when its lease is over");
    }
  };
  return {
    run: async () => {
      try {
        await takeTurn(job, isHandled);
        return true;
      } catch (error) {
        const fields = { source: "replay", id: job.id, ...errorFields(error) };
        logger.error(fields, "a batch of a replay has failed");
        await giveBack(async () => {
          const times = { delayMs: AFTER_FAILURE_MS, givenUpAfterMs: GIVE_UP_MS };
          if (await failReplayJob(job, { ...times, error: describeFailure(error) }))
            logger.error(fields, "gave up");
        });
        return false;
      }
    },
    release: () => giveBack(() => releaseReplayJob(job, 0)),
  };
}

/** Sets that are to be done again, for the pump. */
export function createReplayWork(isHandled: IsHandled): Work {
  return {
    name: "replay",
    claim: async (limit) => {
      const jobs = await claimReplayJobs(limit, LEASE_MS);
      return jobs.map((job) => pieceOf(job, isHandled));
    },
  };
}
