/**
 * Who handles what of the inbox: due events are leased by the object that they are about, because one look at it at the
 * vendor answers them all, and because two at once would only get into each other's way.
 */
import { type Database, db, pool } from "./client";
import { DUE_UNTIL, type Held, lapsesOf } from "./leases";
import { namedStatement, sendNamed } from "./named-query";
import { patienceBegan } from "./patience";
import { emailModeColumn, scopeColumns } from "./scope";
import { shortTransaction } from "./short-transaction";

export interface LeasedWebhookEvent {
  id: string;
  provider: string;
  type: string;
  objectId: string | null;
  attempts: number;
  receivedAt: Date;
  /** Since when it is tried: since it came, or since it was done again. */
  bornAt: Date;
  /** See `WorkRow`. */
  lapses: number;
  /** Of the request that began the operation which the event is about. */
  correlationId: string | null;
  /** The same for all events of one object that were leased together. */
  leaseToken: string;
}

/** How many of the oldest due events one claim looks at: the time of a claim does not grow with what waits. */
const WINDOW = 100;

/** For how long before another one an event may have come to be handled together with it. */
const TOGETHER = "interval '4 days'";

const isFree = (row: string) => `(${row}.lease_until IS NULL OR ${row}.lease_until < now())`;
/** Where rows are found by something else: "IS TRUE" keeps the planner from finding them by their status. */
const isWaiting = (row: string) =>
  `(${row}.status = 'PENDING' AND ${row}.next_attempt_at <= ${DUE_UNTIL}) IS TRUE`;
/** By the object's id alone: the planner may believe that an account has hardly any events. */
const isSameObject = (a: string, b: string) =>
  `${a}.object_id = ${b}.object_id AND (${a}.provider = ${b}.provider AND ${a}.account = ${b}.account AND ${a}.mode = ${b}.mode) IS TRUE`;
const KEY = "provider, account, mode, COALESCE(object_id, id::text)";
const KEY_AS_TEXT = "provider || ' ' || account || ' ' || mode::text || ' ' || COALESCE(object_id, id::text)";
const IS_OWN = "(provider = $3 AND mode = $4::provider_mode OR provider <> $3 AND mode = $5::provider_mode)";
const BORN_AT = patienceBegan("webhook_event", "event", "received_at");

/** Each part reads through an index that fits: the window through (status, next_attempt_at), the rest by id and object. */
export const CLAIM = `
  -- Somebody is at these: what came meanwhile waits. What they have leased was due before nearly all else.
  WITH busy AS MATERIALIZED (
    SELECT DISTINCT ${KEY_AS_TEXT} AS key
      FROM (SELECT id, provider, account, mode, object_id, lease_until FROM webhook_event
             WHERE status = 'PENDING' AND next_attempt_at <= ${DUE_UNTIL} AND ${IS_OWN}
             ORDER BY next_attempt_at LIMIT ${5 * WINDOW}) AS ahead
     WHERE lease_until >= now()),
  -- Looks past what is of those, however much that is: else it could be all that is seen.
  due AS MATERIALIZED (
    SELECT id, provider, account, mode, object_id, next_attempt_at FROM webhook_event
     WHERE status = 'PENDING' AND next_attempt_at <= ${DUE_UNTIL} AND ${isFree("webhook_event")} AND ${IS_OWN}
       AND ${KEY_AS_TEXT} <> ALL (ARRAY(SELECT key FROM busy))
     ORDER BY next_attempt_at LIMIT ${WINDOW}),
  -- The first event of each object stands for it: whoever locks it may lease the object.
  first AS MATERIALIZED (
    SELECT id FROM (SELECT DISTINCT ON (${KEY}) id, next_attempt_at FROM due
                     ORDER BY ${KEY}, next_attempt_at, id) AS of_each
     ORDER BY next_attempt_at, id),
  -- One after the other, and no more of them than are asked for.
  head AS MATERIALIZED (
    SELECT event.*, gen_random_uuid() AS token
      FROM first CROSS JOIN LATERAL (
           SELECT id, provider, account, mode, object_id, received_at, lease_until FROM webhook_event AS event
            WHERE event.id = first.id AND ${isWaiting("event")} AND ${isFree("event")}
              FOR UPDATE SKIP LOCKED) AS event
     LIMIT $1),
  member AS MATERIALIZED (
    SELECT id, token, lease_until FROM head
     UNION
    SELECT event.id, head.token, event.lease_until FROM head JOIN webhook_event AS event
        ON ${isSameObject("event", "head")}
       AND (event.object_id, event.received_at) >= (head.object_id, head.received_at - ${TOGETHER})
       AND ${isWaiting("event")}),
  locked AS MATERIALIZED (
    SELECT event.id FROM member JOIN webhook_event AS event ON event.id = member.id
     WHERE ${isWaiting("event")} AND ${isFree("event")}
       FOR UPDATE OF event SKIP LOCKED),
  -- All or none: where one is somebody else's already, the object is.
  whole AS MATERIALIZED (
    SELECT token FROM member LEFT JOIN locked USING (id) GROUP BY token HAVING count(*) = count(locked.id))
  UPDATE webhook_event AS event
     SET lease_token = member.token, lease_until = now() + $2::float8 * interval '1 millisecond',
         attempts = event.attempts + 1
    FROM member JOIN whole USING (token)
   WHERE event.id = member.id
  RETURNING event.id, event.provider, event.type, event.object_id AS "objectId", event.attempts,
            event.received_at AS "receivedAt", ${BORN_AT} AS "bornAt",
            event.lease_token AS "leaseToken", ${lapsesOf("event.id", "member.lease_until", BORN_AT)} AS lapses,
            (SELECT correlation_id FROM operation WHERE operation.id = event.operation_id) AS "correlationId"`;

const CLAIM_NAMED = namedStatement(CLAIM);

/**
 * Left to itself, the planner believes what its statistics say of how much waits, which may be from when hardly anything
 * did, and would read and sort all of it for each claim. So it is told to follow the indexes in their order; and not to
 * compile what it then holds to be dear.
 */
export const CLAIM_SETTINGS = {
  ...{ enable_seqscan: "off", enable_bitmapscan: "off", enable_sort: "off", jit: "off" },
  plan_cache_mode: "force_generic_plan",
  /** Milliseconds: before the client gives up, which would leave the locks to a statement that nobody waits for. */
  statement_timeout: 9_000,
};

/**
 * Leases the due events of so many objects at most, of this process's modes, to this caller alone: the object that has
 * waited longest first. An object of which somebody holds an event is left out until they have ended.
 */
export async function claimWebhookEvents(objects: number, leaseMs: number): Promise<LeasedWebhookEvent[]> {
  const { provider, mode } = scopeColumns();
  const values = [objects, leaseMs, provider, mode, emailModeColumn()];
  const { rows } = await sendNamed(CLAIM_NAMED, (statement) =>
    shortTransaction(pool(), CLAIM_SETTINGS, (client) =>
      client.query<LeasedWebhookEvent>({ ...statement, values }),
    ),
  );
  return rows.sort((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime());
}

/**
 * Marks events done, in the transaction of what they caused, where their lease is still ours.
 * @throws when a lease was lost: the transaction must not commit, another worker has the object
 */
export async function completeWebhookEvents(
  tx: Database,
  events: readonly Held[],
  workspaceId?: string,
): Promise<void> {
  const { count } = await tx.webhookEvent.updateMany({
    where: heldOnes(events),
    data: {
      ...{ status: "DONE", processedAt: new Date(), leaseToken: null, leaseUntil: null, lastError: null },
      ...(workspaceId === undefined ? {} : { workspaceId }),
    },
  });
  if (count < events.length) throw new Error(`lost the lease on webhook event ${events[0]?.id}`);
}

/** Puts events aside for a person to look at: they are about something that is not ours. Says how many were still ours. */
export async function quarantineWebhookEvents(events: readonly Held[], lastError: string): Promise<number> {
  const { count } = await db().webhookEvent.updateMany({
    where: heldOnes(events),
    data: { status: "QUARANTINED", leaseToken: null, leaseUntil: null, lastError },
  });
  return count;
}

const heldOnes = (events: readonly Held[]) => ({
  id: { in: events.map(({ id }) => id) },
  leaseToken: { in: [...new Set(events.map(({ leaseToken }) => leaseToken))] },
});
