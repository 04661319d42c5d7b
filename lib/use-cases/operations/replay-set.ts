import type { Viewer } from "@/lib/billing/views";
import { recordAudit } from "@/lib/db/audit-log";
import { db } from "@/lib/db/client";
import type { MailFilter } from "@/lib/db/mail-console";
import { insertReplayJob } from "@/lib/db/replay-jobs";
import type { ReplayableStatus, WebhookFilter } from "@/lib/db/webhook-filter";

/** What is done again: events in one state, or messages that were given up. */
export type ReplaySet =
  | { target: "INBOX"; filter: WebhookFilter & { status: ReplayableStatus } }
  | { target: "OUTBOX"; filter: MailFilter & { status: "dead" } };

export interface ReplaySetInput {
  viewer: Viewer;
  /** Made by the page that asks: the same one asked twice is one. */
  requestKey: string;
  set: ReplaySet;
}

function toJson({ filter }: ReplaySet): Record<string, string | string[] | null> {
  return Object.fromEntries(
    Object.entries(filter).map(([name, value]) => [
      name,
      value instanceof Date ? value.toISOString() : value,
    ]),
  );
}

/**
 * Writes down that all events or messages of a filter, as they are now, are done again, and who wanted that. The pump
 * works it off in batches and notes each row that it sends back. Says whether it was written now.
 */
export async function replaySet({ viewer, requestKey, set }: ReplaySetInput): Promise<boolean> {
  const filter = toJson(set);
  return db().$transaction(async (tx) => {
    const job = { requestKey, actorId: viewer.userId, target: set.target, filter };
    const jobId = await insertReplayJob(tx, job);
    if (jobId === null) return false;
    // An address that somebody filtered by is personal data, and stays with the job, which is deleted one day.
    const conditions = Object.keys(filter).filter((name) => filter[name] !== null);
    await recordAudit(tx, {
      workspaceId: null,
      actorId: viewer.userId,
      action: set.target === "INBOX" ? "webhook.set_replayed" : "mail.set_replayed",
      detail: { jobId, conditions },
    });
    return true;
  });
}
