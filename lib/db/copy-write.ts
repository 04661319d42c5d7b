/** How a copy of one of the payments vendor's objects is written: by one writer at a time, and never over a newer one. */
import type { Database } from "./client";
import { mayWrite } from "./tombstones";

/** What an entry of the audit log says of a copy; times in ISO 8601. Ids and states, no personal data. */
export type CopyState = Record<string, string | number | boolean | null>;

/** A copy that was written: what it said before (null where there was none), and what it says now. */
export interface CopyWrite {
  before: CopyState | null;
  after: CopyState;
}

export function isoOrNull(moment: Date | null): string | null {
  return moment?.toISOString() ?? null;
}

/**
 * Writes what the vendor said of an object under a fence. Null where it was not written: something read under a higher
 * fence is there, or the object was seen to be gone.
 * @param write.read what is there now
 * @param write.update must have `fence < the new one` in its WHERE, so that no reading in between can go wrong
 * @param write.create must leave a row that is there as it is
 */
export async function writeCopy<Row>(
  tx: Database,
  object: { externalId: string; fence: bigint },
  write: {
    read(): Promise<Row | null>;
    update(): Promise<{ count: number }>;
    create(): Promise<{ count: number }>;
    stateOf(row: Row): CopyState;
    written: Row;
  },
): Promise<CopyWrite | null> {
  if (!(await mayWrite(tx, object))) return null;
  const before = await write.read();
  const { count } = before ? await write.update() : await write.create();
  if (count !== 1) return null;
  return { before: before && write.stateOf(before), after: write.stateOf(write.written) };
}
