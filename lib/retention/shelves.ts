/** For how long payloads are kept. Pure. */
import type { PayloadShelf } from "@/lib/db/retention";

/** What a person may still have to look into is kept for so many times as long. */
const OPEN_CASE_FACTOR = 3;

const OUTBOX_KINDS = [
  "EMAIL",
  "CANCEL_DUPLICATE_SUBSCRIPTION",
  "EXPIRE_CHECKOUT",
  "CANCEL_SUBSCRIPTION",
  "ALERT",
] as const;

export interface KeptShelf {
  shelf: PayloadShelf;
  /** Its payloads are kept for so many days. */
  days: number;
}

/** What is pending keeps its payload for as long as it is. So does a command that was given up: it is ids alone. */
export function keptShelves(days: number): KeptShelf[] {
  const longer = days * OPEN_CASE_FACTOR;
  return [
    { shelf: { table: "webhook_event", status: "DONE" }, days },
    { shelf: { table: "webhook_event", status: "IGNORED" }, days },
    { shelf: { table: "webhook_event", status: "QUARANTINED" }, days: longer },
    { shelf: { table: "webhook_event", status: "DEAD" }, days: longer },
    ...OUTBOX_KINDS.map((kind) => ({
      shelf: { table: "outbox_message", kind, status: "SENT" } as const,
      days,
    })),
    { shelf: { table: "outbox_message", kind: "EMAIL", status: "SUPPRESSED" }, days },
    { shelf: { table: "outbox_message", kind: "EMAIL", status: "DEAD" }, days: longer },
  ];
}
