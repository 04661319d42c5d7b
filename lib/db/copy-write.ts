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
