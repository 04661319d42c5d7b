import type { Prisma } from "@/prisma/generated/client";
import type { DeliveryState, OutboxKind, ProviderMode } from "@/prisma/generated/enums";
import { type Database, db } from "./client";
import { emailModeColumn, scopeColumns } from "./scope";

export interface NewOutboxMessage {
  kind: OutboxKind;
  mode: ProviderMode;
  businessKey: string;
  payload?: Prisma.InputJsonObject;
  secretPayload?: Uint8Array<ArrayBuffer>;
}

/** Inserts unless the business key is there already; says whether it did. */
export async function insertOutboxMessage(tx: Database, message: NewOutboxMessage): Promise<boolean> {
  const { count } = await tx.outboxMessage.createMany({ data: [message], skipDuplicates: true });
  return count === 1;
}

/** Which of these business keys are in the outbox already, so that their mails need not be rendered. */
export async function knownBusinessKeys(keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const rows = await db().outboxMessage.findMany({
    where: { businessKey: { in: [...keys] } },
    select: { businessKey: true },
  });
  return new Set(rows.map((row) => row.businessKey));
}

export interface LeasedOutboxMessage {
  id: string;
  kind: OutboxKind;
  payload: unknown;
  secretPayload: Uint8Array | null;
  attempts: number;
  createdAt: Date;
  leaseToken: string;
}

/** Leases due messages to this caller alone, oldest first. */
export async function claimOutboxMessages(limit: number, leaseMs: number): Promise<LeasedOutboxMessage[]> {
  const mailMode = emailModeColumn();
  const commandMode = scopeColumns().mode;
  return db().$queryRaw<LeasedOutboxMessage[]>`
    UPDATE outbox_message
       SET lease_token = gen_random_uuid(),
           lease_until = now() + ${leaseMs} * interval '1 millisecond',
           attempts = attempts + 1
     WHERE id IN (
       SELECT id FROM outbox_message
        WHERE status = 'PENDING' AND next_attempt_at <= now() AND (lease_until IS NULL OR lease_until < now())
          AND mode = CASE kind WHEN 'EMAIL' THEN ${mailMode}::provider_mode ELSE ${commandMode}::provider_mode END
        ORDER BY next_attempt_at
        LIMIT ${limit}
        FOR UPDATE SKIP LOCKED)
    RETURNING id, kind, payload, secret_payload AS "secretPayload", attempts, created_at AS "createdAt",
              lease_token AS "leaseToken"`;
}

/** Marks done where the lease is still ours; scrubs a secret payload. */
export async function completeOutboxMessage(
  message: { id: string; leaseToken: string },
  sent: { provider: string; externalId: string | null },
): Promise<void> {
  await db().outboxMessage.updateMany({
    where: { id: message.id, leaseToken: message.leaseToken },
    data: {
      status: "SENT",
      sentAt: new Date(),
      provider: sent.provider,
      externalId: sent.externalId,
      secretPayload: null,
      leaseToken: null,
      leaseUntil: null,
      lastError: null,
    },
  });
}

/** Gives a message back to be tried again after a while, or gives it up (a secret it carried is scrubbed then). */
export async function rescheduleOutboxMessage(
  message: { id: string; leaseToken: string },
  next: { kind: "retry"; delayMs: number } | { kind: "dead" },
  lastError: string,
): Promise<void> {
  const delay = next.kind === "retry" ? next.delayMs : 0;
  const status = next.kind === "retry" ? "PENDING" : "DEAD";
  await db().$executeRaw`
    UPDATE outbox_message
       SET status = ${status}::outbox_status,
           next_attempt_at = now() + ${delay} * interval '1 millisecond',
           lease_token = NULL, lease_until = NULL, last_error = ${lastError},
           secret_payload = CASE WHEN ${status} = 'DEAD' THEN NULL ELSE secret_payload END
     WHERE id = ${message.id}::uuid AND lease_token = ${message.leaseToken}::uuid`;
}

const RANK: readonly DeliveryState[] = [
  "UNKNOWN",
  "SENT",
  "DELAYED",
  "DELIVERED",
  "COMPLAINED",
  "BOUNCED",
  "SUPPRESSED",
];

/**
 * Merges a vendor's report: reports arrive in any order, and a worse one is never taken back by a better one.
 * Says whether the message is one of ours.
 */
export async function mergeDelivery(
  tx: Database,
  report: { provider: string; externalId: string; state: DeliveryState },
): Promise<{ known: boolean }> {
  const lower = RANK.slice(0, RANK.indexOf(report.state));
  await tx.outboxMessage.updateMany({
    where: { provider: report.provider, externalId: report.externalId, delivery: { in: [...lower] } },
    data: { delivery: report.state },
  });
  const message = await tx.outboxMessage.findFirst({
    where: { provider: report.provider, externalId: report.externalId },
    select: { id: true },
  });
  return { known: message !== null };
}
