import { type Database, db } from "@/lib/db/client";
import { lockWorkspace } from "@/lib/db/workspaces";

/**
 * A transaction that writes a workspace's billing state: such writers take turns from the beginning, so that none
 * holds what another one waits for. The vendor was read before.
 */
export function inTurn<T>(workspaceId: string, work: (tx: Database) => Promise<T>): Promise<T> {
  return db().$transaction(async (tx) => {
    await lockWorkspace(tx, workspaceId);
    return work(tx);
  });
}
