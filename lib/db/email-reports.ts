import { db } from "./client";

/** What a mail vendor has reported of one mail, as it came. */
export interface StoredReport {
  type: string;
  /** Null once it was pruned. */
  payload: unknown;
}

/** The reports that wait to be handled, of some types, of one mail. */
export function waitingReports(
  provider: string,
  reference: string,
  types: readonly string[],
): Promise<StoredReport[]> {
  return db().webhookEvent.findMany({
    where: { provider, objectId: reference, type: { in: [...types] }, status: "PENDING" },
    select: { type: true, payload: true },
  });
}
