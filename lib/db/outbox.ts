import { isUuid } from "@/lib/uuid";
import { Prisma } from "@/prisma/generated/client";
import type { DeliveryState, OutboxKind, ProviderMode } from "@/prisma/generated/enums";
import { type Database, db } from "./client";
import { type Held, lapsesOf } from "./leases";
import { patienceBegan } from "./patience";
import { emailModeColumn, onCallModeColumn, scopeColumns } from "./scope";

export interface NewOutboxMessage {
  kind: OutboxKind;
  mode: ProviderMode;
  businessKey: string;
  workspaceId: string | null;
  /** The inbox event whose handling causes it. */
  eventId: string | null;
  /** Of a mail: the address in lower case. */
  recipient?: string;
  /** Of a mail; never with a secret in it. */
  subject?: string;
  /** Of a mail: its template. */
  category?: string;
  payload?: Prisma.InputJsonObject;
  secretPayload?: Uint8Array<ArrayBuffer>;
  /** Of the request that causes it. */
  correlationId: string | null;
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
  /** Since when it is tried: since it was enqueued, or since an operator had it done again. */
  bornAt: Date;
  /** See `WorkRow`. */
  lapses: number;
  correlationId: string | null;
  /** Where it may have gone already: an earlier attempt there did not end in a known way. */
  provider: string | null;
  /** Milliseconds, by the database's clock, that it may have been there; at most those since it was enqueued. */
  boundForMs: number;
  delivery: DeliveryState;
  leaseToken: string;
}

const BORN_AT = patienceBegan("outbox_message", "outbox_message", "created_at");
const LAPSES = Prisma.raw(lapsesOf("outbox_message.id", "picked.lease_until", BORN_AT));

/** Messages of this process's modes: nobody else's are carried out here. */
export function ownMessagesSql(): Prisma.Sql {
  return Prisma.sql`mode = CASE kind WHEN 'EMAIL' THEN ${emailModeColumn()}::provider_mode
                                     WHEN 'ALERT' THEN ${onCallModeColumn()}::provider_mode
                                     ELSE ${scopeColumns().mode}::provider_mode END`;
}

const IS_DUE = Prisma.raw(`(status = 'PENDING' AND next_attempt_at <= now() + interval '1 millisecond'
              AND (lease_until IS NULL OR lease_until < now()))`);

/** Mails that carry a secret: somebody sits there and waits to get in. */
const AWAITED = ["reset-password", "verify-email"];

/** The newest of them that may still be waited for. They are found by their category: no index tells secrets. */
function awaitedMails(): Prisma.Sql {
  const newest = (category: string) => Prisma.sql`
    (SELECT id, next_attempt_at, secret_payload IS NOT NULL AND ${IS_DUE} AND ${ownMessagesSql()} AS is_due
       FROM outbox_message
      WHERE kind = 'EMAIL' AND category = ${category} AND created_at > now() - interval '1 hour'
      ORDER BY created_at DESC LIMIT 500)`;
  return Prisma.join(AWAITED.map(newest), " UNION ALL ");
}

/**
 * Leases due messages to this caller alone: alerts first, for they tell of what holds up the others; then mails that
 * somebody waits for; then the oldest.
 */
export async function claimOutboxMessages(limit: number, leaseMs: number): Promise<LeasedOutboxMessage[]> {
  // Apart, so that each follows an index of its own, however much is due.
  return db().$queryRaw<LeasedOutboxMessage[]>`
    WITH alerts AS (
           SELECT id, lease_until, created_at AS waits_since FROM outbox_message
            WHERE kind = 'ALERT' AND ${IS_DUE} AND ${ownMessagesSql()}
            ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED),
         newest AS MATERIALIZED (
           SELECT id FROM (${awaitedMails()}) AS mail WHERE is_due ORDER BY next_attempt_at LIMIT ${limit}),
         awaited AS (
           SELECT id, lease_until, next_attempt_at AS waits_since FROM outbox_message
            WHERE id IN (SELECT id FROM newest) AND ${IS_DUE} IS TRUE FOR UPDATE SKIP LOCKED),
         others AS (
           SELECT id, lease_until, next_attempt_at AS waits_since FROM outbox_message
            WHERE kind <> 'ALERT' AND ${IS_DUE} AND ${ownMessagesSql()}
            ORDER BY next_attempt_at
            LIMIT ${limit} FOR UPDATE SKIP LOCKED),
         picked AS (
           SELECT id, lease_until
             FROM (SELECT *, 1 AS turn FROM alerts
                   UNION ALL SELECT *, 2 FROM awaited
                   UNION ALL SELECT *, 3 FROM others) AS due
            GROUP BY id, lease_until, waits_since ORDER BY MIN(turn), waits_since LIMIT ${limit})
    UPDATE outbox_message
       SET lease_token = gen_random_uuid(),
           lease_until = now() + ${leaseMs} * interval '1 millisecond',
           attempts = attempts + 1
      FROM picked
     WHERE outbox_message.id = picked.id
    RETURNING outbox_message.id, kind, payload, secret_payload AS "secretPayload", attempts, created_at AS "createdAt",
              ${Prisma.raw(BORN_AT)} AS "bornAt", ${LAPSES} AS lapses, correlation_id AS "correlationId", provider, delivery,
              lease_token AS "leaseToken",
              (EXTRACT(EPOCH FROM now() - COALESCE(bound_at, created_at)) * 1000)::float8 AS "boundForMs"`;
}

/**
 * Notes where a message is about to go, before it goes there: should this process die, the next one knows whom to ask.
 * Whoever has a message done again leaves both columns as they are: cleared, what may be with one vendor already would
 * go to it anew, or to another one.
 * @throws when the lease was lost: another worker has the message, and it must not be sent from here
 */
export async function bindOutboxMessage(message: Held, provider: string): Promise<void> {
  const bound = await db().$executeRaw`
    UPDATE outbox_message SET provider = ${provider}, bound_at = now()
     WHERE id = ${message.id}::uuid AND lease_token = ${message.leaseToken}::uuid`;
  if (bound === 0) throw new Error(`lost the lease on outbox message ${message.id}`);
}

/** Takes that back: it is known not to have gone there. */
export async function unbindOutboxMessage(message: Held): Promise<void> {
  await db().$executeRaw`
    UPDATE outbox_message SET provider = NULL, bound_at = NULL
     WHERE id = ${message.id}::uuid AND lease_token = ${message.leaseToken}::uuid`;
}

/** Marks done where the lease is still ours; scrubs a secret payload. */
export async function completeOutboxMessage(
  message: Held,
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

/** Marks a mail as one that is not sent where the lease is still ours; a secret that it carried is scrubbed. */
export async function suppressOutboxMessage(message: Held, reason: string): Promise<void> {
  await db().outboxMessage.updateMany({
    where: { id: message.id, leaseToken: message.leaseToken },
    data: {
      status: "SUPPRESSED",
      secretPayload: null,
      leaseToken: null,
      leaseUntil: null,
      lastError: reason,
    },
  });
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
 * Merges a vendor's report: reports arrive in any order, and a worse one is never taken back by a better one. It names
 * its message by the vendor's id or by ours, where the vendor repeats that. Answers the message; null for none of ours.
 */
export async function mergeDelivery(
  tx: Database,
  report: { provider: string; reference: string; state: DeliveryState },
): Promise<ReportedMessage | null> {
  const { provider, reference, state } = report;
  const lower = RANK.slice(0, RANK.indexOf(state));
  const named = isUuid(reference)
    ? { OR: [{ externalId: reference }, { id: reference }] }
    : { externalId: reference };
  const where = { provider, ...named };
  await tx.outboxMessage.updateMany({
    where: { ...where, delivery: { in: [...lower] } },
    data: { delivery: state },
  });
  return tx.outboxMessage.findFirst({
    where,
    select: { id: true, mode: true, recipient: true, workspaceId: true },
  });
}

export interface ReportedMessage {
  id: string;
  mode: ProviderMode;
  /** In lower case; null of a mail of an earlier release. */
  recipient: string | null;
  workspaceId: string | null;
}
