import type { Viewer } from "@/lib/billing/views";
import { findReplayable, replayOne, statusAfterReplay } from "@/lib/db/replay";
import { AppError } from "@/lib/errors/app-error";
import { findHandler } from "@/lib/webhooks/registry";

export interface ReleaseQuarantined {
  viewer: Viewer;
  id: string;
  /** How often it had been replayed when the operator looked at it. */
  seenReplays: number;
}

/**
 * Lets an event out of quarantine, and notes who did: it is handled, or ignored where nothing here handles its type.
 * Asked twice, it is done once.
 * @throws AppError not_found where there is no such event, conflict for one of another mode or account: nothing of it is
 * ever handled here
 */
export async function releaseQuarantined({ viewer, id, seenReplays }: ReleaseQuarantined): Promise<void> {
  const event = await findReplayable(id);
  if (event === null) {
    throw new AppError("not_found", { userMessage: "There is no such event. Please reload the page." });
  }
  if (event.replays !== seenReplays || event.status !== "QUARANTINED") return;
  const next = statusAfterReplay(event, ({ provider, type }) => findHandler(provider, type) !== null);
  if (next === null) {
    throw new AppError("conflict", {
      userMessage:
        "This event stays in quarantine: it is of another mode or account, and what it is about is not kept here.",
    });
  }
  await replayOne(event, next, seenReplays, viewer.userId);
}
