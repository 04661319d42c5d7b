import type { Database } from "@/lib/db/client";

/**
 * Runs inside the transaction that writes the state: marks inbox events done, closes an operation.
 * @param workspaceId what it turned out to be about, where that is known
 */
export type Finish = (tx: Database, workspaceId?: string) => Promise<void>;

/** For a step on the way, after which something else is finished. */
export const notYet: Finish = async () => undefined;
