/** Messages of the outbox as they stand there after whatever has happened, and what can be asked of them. */
import { randomUUID } from "node:crypto";
import type { MailFilter } from "@/lib/db/mail-console";

/** Runs a statement past the app. */
type Rows = (sql: string, values: unknown[]) => Promise<unknown>;

/** A question with nothing but these conditions. */
export function asking(filter: Partial<MailFilter> = {}): MailFilter {
  return {
    kinds: ["email"],
    status: null,
    delivery: null,
    category: null,
    recipient: null,
    provider: null,
    workspaceId: null,
    reference: null,
    from: null,
    until: null,
    ...filter,
  };
}

export interface OutboxRow {
  kind?: string;
  status?: string;
  delivery?: string;
  category?: string | null;
  recipient?: string | null;
  provider?: string | null;
  workspaceId?: string | null;
  externalId?: string | null;
  payload?: object | null;
  prunedAt?: Date | null;
  /** Of its age. */
  minutes?: number;
}

/** Writes a message past the app, as it would stand there after whatever has happened; answers its id. */
export async function insertMessage(rows: Rows, row: OutboxRow = {}): Promise<string> {
  const id = randomUUID();
  await rows(
    `INSERT INTO outbox_message (id, kind, mode, business_key, status, delivery, category, recipient, subject, provider,
                                 workspace_id, external_id, payload, payload_pruned_at, created_at)
     VALUES ($1, $2::outbox_kind, 'SANDBOX', $3, $4::outbox_status, $5::delivery_state, $6, $7, 'A subject', $8, $9,
             $10, $11, $12, now() - $13 * interval '1 minute')`,
    [
      id,
      row.kind ?? "EMAIL",
      `test:${id}`,
      row.status ?? "SENT",
      row.delivery ?? "UNKNOWN",
      row.category ?? null,
      row.recipient ?? null,
      row.provider ?? null,
      row.workspaceId ?? null,
      row.externalId ?? null,
      row.payload ?? null,
      row.prunedAt ?? null,
      row.minutes ?? 0,
    ],
  );
  return id;
}
