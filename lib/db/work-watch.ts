/** What a watch asks of inbox, outbox and operations: whether anything waits, or is missing, that should not. */
import type { OutboxKind } from "@/prisma/generated/enums";
import { db } from "./client";
import { emailModeColumn, onCallModeColumn, scopeColumns } from "./scope";

export interface WaitingEvent {
  provider: string;
  type: string;
  /** Since it was received. */
  seconds: number;
  attempts: number;
  lastError: string | null;
}

/**
 * The event of each provider that has been pending for longest, where that is longer than `olderThan` (seconds). One
 * that an operator had done again counts from then on.
 */
export async function oldestWaitingEvents(
  providers: readonly string[],
  olderThan: number,
): Promise<WaitingEvent[]> {
  const { provider: payments, mode } = scopeColumns();
  return db().$queryRaw<WaitingEvent[]>`
    SELECT oldest.provider, oldest.type, oldest.attempts, oldest.last_error AS "lastError",
           EXTRACT(EPOCH FROM now() - oldest.received_at)::float8 AS seconds
      FROM unnest(${[...providers]}::text[]) AS asked (provider),
           LATERAL (
             SELECT provider, type, attempts, last_error, received_at FROM webhook_event
              WHERE status = 'PENDING' AND received_at < now() - ${olderThan} * interval '1 second'
                AND webhook_event.provider = asked.provider
                AND mode = CASE asked.provider WHEN ${payments} THEN ${mode}::provider_mode
                                               ELSE ${emailModeColumn()}::provider_mode END
                AND (replays = 0 OR next_attempt_at < now() - ${olderThan} * interval '1 second')
              ORDER BY received_at, id LIMIT 1) AS oldest`;
}

export interface WaitingMessage {
  kind: OutboxKind;
  /** Where it may have gone already. */
  provider: string | null;
  seconds: number;
  attempts: number;
  lastError: string | null;
}

/** The same for messages, of each kind. */
export async function oldestWaitingMessages(olderThan: number): Promise<WaitingMessage[]> {
  const { mode } = scopeColumns();
  return db().$queryRaw<WaitingMessage[]>`
    SELECT oldest.kind, oldest.provider, oldest.attempts, oldest.last_error AS "lastError",
           EXTRACT(EPOCH FROM now() - oldest.created_at)::float8 AS seconds
      FROM unnest(enum_range(NULL::outbox_kind)) AS asked (kind),
           LATERAL (
             SELECT kind, provider, attempts, last_error, created_at FROM outbox_message
              WHERE status = 'PENDING' AND created_at < now() - ${olderThan} * interval '1 second'
                AND outbox_message.kind = asked.kind
                AND mode = CASE asked.kind WHEN 'EMAIL' THEN ${emailModeColumn()}::provider_mode
                                           WHEN 'ALERT' THEN ${onCallModeColumn()}::provider_mode
                                           ELSE ${mode}::provider_mode END
                AND (replays = 0 OR next_attempt_at < now() - ${olderThan} * interval '1 second')
              ORDER BY created_at, id LIMIT 1) AS oldest`;
}

/** The smallest id of version 7 that was made at a moment or later. */
function firstUuidAt(at: number): string {
  const hex = Math.max(0, at).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

const DAY_MS = 24 * 60 * 60_000;

/**
 * Whether a checkout was completed at least `quietSeconds` ago, within a day, and no webhook of the payments vendor has
 * come since it was begun. What was read from the vendor's list has no version, and is no webhook.
 */
export async function isCheckoutWithoutWebhook(quietSeconds: number, now = Date.now()): Promise<boolean> {
  const { provider, mode, account } = scopeColumns();
  const [completed] = await db().$queryRaw<{ beganAt: Date }[]>`
    SELECT created_at AS "beganAt" FROM operation
     WHERE id >= ${firstUuidAt(now - DAY_MS)}::uuid AND kind = 'CHECKOUT' AND state = 'SUCCEEDED'
       AND provider = ${provider} AND mode = ${mode}::provider_mode AND account = ${account}
       AND updated_at < now() - ${quietSeconds} * interval '1 second'
     ORDER BY id DESC LIMIT 1`;
  if (!completed) return false;
  // A statement of its own: with the moment at hand the planner knows how little there is to read.
  const webhooks = await db().$queryRaw<unknown[]>`
    SELECT 1 FROM webhook_event
     WHERE provider = ${provider} AND received_at >= ${completed.beganAt}
       AND mode = ${mode}::provider_mode AND api_version IS NOT NULL
     ORDER BY received_at DESC, id DESC LIMIT 1`;
  return webhooks.length === 0;
}

export interface QuarantinedEvent {
  provider: string;
  type: string;
  lastError: string | null;
}

/** An event of each provider that was put aside lately. What is told once is not counted. */
export async function lastQuarantinedEvents(
  providers: readonly string[],
  withinSeconds: number,
): Promise<QuarantinedEvent[]> {
  return db().$queryRaw<QuarantinedEvent[]>`
    SELECT latest.provider, latest.type, latest.last_error AS "lastError"
      FROM unnest(${[...providers]}::text[]) AS asked (provider),
           LATERAL (
             SELECT provider, type, last_error FROM webhook_event
              WHERE status = 'QUARANTINED' AND webhook_event.provider = asked.provider
                AND received_at > now() - ${withinSeconds} * interval '1 second'
              ORDER BY received_at DESC, id DESC LIMIT 1) AS latest`;
}
