import type { Viewer } from "@/lib/billing/views";
import { findReplayable, replayOne, statusAfterReplay } from "@/lib/db/replay";
import { AppError } from "@/lib/errors/app-error";
import { findHandler } from "@/lib/webhooks/registry";

export interface ReplayEvent {
  viewer: Viewer;
  id: string;
  /** How often it had been replayed when the operator looked at it. */
  seenReplays: number;
}

/**
 * Has an event handled once more, from the first attempt on, and notes who wanted that. Asked twice for the same look
 * at it, it is done once.
 * @throws AppError not_found where there is no such event, conflict where a replay would come to nothing
 */
export async function replayEvent({ viewer, id, seenReplays }: ReplayEvent): Promise<void> {
  const event = await findReplayable(id);
  if (event === null) {
    throw new AppError("not_found", { userMessage: "There is no such event. Please reload the page." });
  }
  if (event.replays !== seenReplays || event.status === "PENDING") return;
  if (event.status === "QUARANTINED") {
    throw new AppError("conflict", {
      userMessage:
        "This event is in quarantine: it is released rather than replayed. Please reload the page.",
    });
  }
  const next = statusAfterReplay(event, ({ provider, type }) => findHandler(provider, type) !== null);
  if (next === null) {
    throw new AppError("conflict", {
      userMessage:
        "This event cannot be replayed: it is of a type that nothing here handles, or of another mode or account.",
    });
  }
  await replayOne(event, next, seenReplays, viewer.userId);
}
