/**
 * Turns of those who write one object of the payments vendor's, and what was seen to be gone.
 *
 * That a reading is newer than what is there is said by the WHERE of the statement that writes it; that the object is
 * gone cannot be said by it, for there need be no row. So both kinds of writers take turns at the object first: a
 * statement that begins with the turn sees what everybody before it has committed.
 */
import type { Database } from "./client";
import { scopeColumns } from "./scope";

async function waitForTurn(tx: Database, externalId: string): Promise<void> {
  const { provider, mode, account } = scopeColumns();
  const object = ["sync", provider, mode, account, externalId].join(":");
  // Two objects of one hash wait for each other and are none the worse for it.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${object}, 0))`;
}

/**
 * Waits for its turn at an object, which it has until the transaction ends, and says whether what was read of it under
 * this fence may still be written: not where the object was seen to be gone under this fence or a higher one. Comes
 * after the workspace's lock, never before it.
 */
export async function mayWrite(tx: Database, input: { externalId: string; fence: bigint }): Promise<boolean> {
  await waitForTurn(tx, input.externalId);
  const buried = await tx.syncTombstone.findFirst({
    where: { ...scopeColumns(), externalId: input.externalId, fence: { gte: input.fence } },
    select: { fence: true },
  });
  return buried === null;
}

/** Notes that the vendor no longer knew an object under this fence, whether or not there is a row of it. */
export async function bury(tx: Database, input: { externalId: string; fence: bigint }): Promise<void> {
  const { externalId, fence } = input;
  await waitForTurn(tx, externalId);
  const { provider, mode, account } = scopeColumns();
  await tx.$executeRaw`
    INSERT INTO sync_tombstone AS known (provider, mode, account, external_id, fence)
    VALUES (${provider}, ${mode}::provider_mode, ${account}, ${externalId}, ${fence})
    ON CONFLICT (provider, mode, account, external_id) DO UPDATE SET fence = EXCLUDED.fence, created_at = now()
      WHERE known.fence < EXCLUDED.fence`;
}
