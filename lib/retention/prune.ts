/** Prunes once a day, whichever instance comes first, for no longer than it was given; what is left comes the next hour. */
import {
  deleteOldRows,
  forgetMarks,
  readMarks,
  type ShelfPlace,
  shelfName,
  walkShelf,
  writeMark,
} from "@/lib/db/retention";
import { claimSchedule, endSchedule, makeScheduleDue } from "@/lib/db/schedule";
import { env } from "@/lib/env";
import { logger } from "@/lib/logger";
import { type KeptShelf, keptShelves } from "./shelves";

const DAY_MS = 24 * 60 * 60_000;
/** A little less than a day: an hourly timer does not come at the same minute. */
const EVERY_MS = 23 * 60 * 60_000;
/** An event that was given up, and replayed months later, is done below the marks: they are walked up to anew. */
const ANEW_EVERY_MS = 30 * DAY_MS;
const BATCH_ROWS = 500;
/** Of one shelf, in one run. */
const BATCHES_AT_MOST = 400;
const DEFAULT_BUDGET_MS = 5_000;

export interface PruneReport {
  /** Payloads that were taken out. */
  pruned: number;
  /** Rows that were deleted. */
  deleted: number;
  /** Whether nothing is left to do for today. */
  isComplete: boolean;
}

const BEGINNING: ShelfPlace = { at: new Date(0), id: "00000000-0000-0000-0000-000000000000" };

/** @param deadline milliseconds since 1970 */
async function pruneShelf(
  { shelf, days }: KeptShelf,
  mark: Date | undefined,
  deadline: number,
): Promise<{ pruned: number; isComplete: boolean }> {
  const before = new Date(Date.now() - days * DAY_MS);
  // Those of the mark's own millisecond are looked at once more.
  let place: ShelfPlace = mark ? { at: mark, id: BEGINNING.id } : BEGINNING;
  let pruned = 0;
  for (let batch = 0; batch < BATCHES_AT_MOST && Date.now() < deadline; batch += 1) {
    const walked = await walkShelf(shelf, { from: place, before, limit: BATCH_ROWS });
    pruned += walked.pruned;
    if (!walked.next) {
      if (batch > 0 || walked.pruned > 0) await writeMark(shelf, place.at);
      return { pruned, isComplete: true };
    }
    place = walked.next;
    await writeMark(shelf, place.at);
  }
  return { pruned, isComplete: false };
}

/** Prunes what is due by the setting, for about so long (milliseconds). */
export async function prune(budgetMs = DEFAULT_BUDGET_MS): Promise<PruneReport> {
  const begin = Date.now();
  // No more than half of the time: payloads are to go on their day, however many rows there are to delete.
  const report: PruneReport = { pruned: 0, ...(await deleteOldRows(begin + budgetMs / 2)) };
  const deadline = begin + budgetMs;
  const marks = await readMarks();
  for (const kept of keptShelves(env.PAYLOAD_RETENTION_DAYS)) {
    const { pruned, isComplete } = await pruneShelf(kept, marks.get(shelfName(kept.shelf)), deadline);
    report.pruned += pruned;
    report.isComplete &&= isComplete;
  }
  return report;
}

/** The same once a day for all instances together; null where it is not due. */
export async function pruneInTurn(budgetMs = DEFAULT_BUDGET_MS): Promise<PruneReport | null> {
  if (!(await claimSchedule("retention", EVERY_MS))) return null;
  if (await claimSchedule("retention-anew", ANEW_EVERY_MS)) await forgetMarks();
  const report = await prune(budgetMs);
  if (report.isComplete) await endSchedule("retention");
  else await makeScheduleDue("retention");
  logger.info({ pruned: report.pruned, deleted: report.deleted }, "old payloads pruned");
  return report;
}
