import type { Viewer } from "@/lib/billing/views";
import { replayMessage as sendAgain } from "@/lib/db/replay";

/**
 * Has a message that was given up tried again, from the first attempt on and with the same key: what a vendor may have
 * taken already is not done twice. Says whether it was; asked twice, it is done once.
 */
export async function replayMessage({ viewer, id }: { viewer: Viewer; id: string }): Promise<boolean> {
  return sendAgain(id, viewer.userId);
}
