import { db } from "./client";

/**
 * A number to take before a vendor is read. Two readings of one object are told apart by it: what was read under a
 * lower fence never overwrites what was read under a higher one. A timestamp cannot do this (a database sequence has
 * no ties and no clock).
 */
export async function nextFence(): Promise<bigint> {
  const rows = await db().$queryRaw<{ fence: bigint }[]>`SELECT nextval('sync_fence') AS fence`;
  const fence = rows[0]?.fence;
  if (fence === undefined) throw new Error("the sequence sync_fence answered nothing");
  return fence;
}
