/** One message of the outbox as operators read it: what it is, what it says, and what became of it. */
import type { Prisma } from "@/prisma/generated/client";
import { db } from "./client";
import { fromDatabase } from "./enum-names";
import type { MailDelivery, MailStatus, MessageKind } from "./mail-console";
import { listResends, resentFrom } from "./mail-resends";

/** What may be shown of a message. A secret never leaves the database, sealed or not. */
export type MailContent =
  | { kind: "mail"; from: string; to: string; subject: string; html: string; text: string }
  /** `isScrubbed`: it has been sent or given up, and is gone for good. */
  | { kind: "secret"; isScrubbed: boolean }
  | { kind: "pruned"; at: Date }
  /** Of a command: what it names, by the name of the field. */
  | { kind: "command"; ids: Record<string, string> };

export interface MailAttempt {
  id: string;
  number: number;
  error: string;
  isLast: boolean;
  at: Date;
}

/** What a vendor said of a mail after it had taken it. */
export interface MailReport {
  eventId: string;
  provider: string;
  /** By the vendor's name for it. */
  type: string;
  occurredAt: Date;
  receivedAt: Date;
}

export interface MailLife {
  id: string;
  kind: MessageKind;
  mode: "sandbox" | "test" | "live";
  status: MailStatus;
  delivery: MailDelivery;
  businessKey: string;
  recipient: string | null;
  subject: string | null;
  category: string | null;
  provider: string | null;
  externalId: string | null;
  attempts: number;
  replays: number;
  lastError: string | null;
  createdAt: Date;
  nextAttemptAt: Date;
  /** Since when it may have been with its provider. */
  boundAt: Date | null;
  sentAt: Date | null;
  /** Whether a worker has it in its hands. */
  isUnderWay: boolean;
  workspace: { id: string; name: string | null } | null;
  /** The inbox event whose handling caused it; its type is null where the event is gone. */
  cause: { eventId: string; type: string | null } | null;
  content: MailContent;
  /** The newest first. */
  failures: MailAttempt[];
  /** As they happened. */
  reports: MailReport[];
  /** The messages that an operator had it sent again as, in their order. */
  resentAs: string[];
  /** The message that it is sent again of; null for any other. */
  resentFrom: string | null;
}

/** More than any message has in three days; of more, the newest. */
const FAILURES = 100;
const REPORTS = 50;

/** Names of a payload's fields that hold an id and nothing else. */
const ID_FIELDS = ["subscriptionId", "keptSubscriptionId", "checkoutId", "operationId", "alertId"];

type Plain = Omit<
  MailLife,
  | "kind"
  | "mode"
  | "status"
  | "delivery"
  | "workspace"
  | "cause"
  | "content"
  | "failures"
  | "reports"
  | "resentAs"
  | "resentFrom"
>;

interface LifeRow extends Plain {
  kind: Uppercase<MessageKind>;
  mode: Uppercase<MailLife["mode"]>;
  status: Uppercase<MailStatus>;
  delivery: Uppercase<MailDelivery>;
  payload: Prisma.JsonValue;
  payloadPrunedAt: Date | null;
  isSealed: boolean;
  workspaceId: string | null;
  workspaceName: string | null;
  eventId: string | null;
  eventType: string | null;
}

/** Null where there is no such message. @param id a uuid */
export async function getMailLife(id: string): Promise<MailLife | null> {
  const [row] = await db().$queryRaw<LifeRow[]>`
    SELECT message.id, message.kind, message.mode, message.status, message.delivery,
           message.business_key AS "businessKey", message.recipient, message.subject, message.category,
           message.provider, message.external_id AS "externalId", message.attempts, message.replays,
           message.last_error AS "lastError", message.created_at AS "createdAt",
           message.next_attempt_at AS "nextAttemptAt", message.bound_at AS "boundAt", message.sent_at AS "sentAt",
           COALESCE(message.lease_until > now(), false) AS "isUnderWay",
           message.payload, message.payload_pruned_at AS "payloadPrunedAt",
           message.secret_payload IS NOT NULL AS "isSealed",
           message.workspace_id AS "workspaceId", workspace.name AS "workspaceName",
           message.event_id AS "eventId", event.type AS "eventType"
      FROM outbox_message AS message
      LEFT JOIN workspace ON workspace.id = message.workspace_id
      LEFT JOIN webhook_event AS event ON event.id = message.event_id
     WHERE message.id = ${id}::uuid`;
  if (!row) return null;
  const [failures, reports, resentAs] = await Promise.all([
    failuresOf(id),
    reportsOf(id, row.externalId),
    listResends(id),
  ]);
  const { workspaceId, workspaceName, eventId, eventType, payload, payloadPrunedAt, isSealed, ...columns } =
    row;
  return {
    ...columns,
    kind: fromDatabase(row.kind),
    mode: fromDatabase(row.mode),
    status: fromDatabase(row.status),
    delivery: fromDatabase(row.delivery),
    workspace: workspaceId === null ? null : { id: workspaceId, name: workspaceName },
    cause: eventId === null ? null : { eventId, type: eventType },
    content: contentOf({ kind: row.kind, payload, payloadPrunedAt, isSealed }),
    failures,
    reports,
    resentAs,
    resentFrom: resentFrom(row.businessKey),
  };
}

function contentOf(row: Pick<LifeRow, "kind" | "payload" | "payloadPrunedAt" | "isSealed">): MailContent {
  const { kind, payload, payloadPrunedAt, isSealed } = row;
  if (isSealed) return { kind: "secret", isScrubbed: false };
  const fields = isRecord(payload) ? payload : null;
  if (fields === null) {
    // A mail that was not pruned and has no payload had a sealed one.
    return payloadPrunedAt === null
      ? { kind: "secret", isScrubbed: true }
      : { kind: "pruned", at: payloadPrunedAt };
  }
  const text = (name: string) => (typeof fields[name] === "string" ? fields[name] : "");
  if (kind === "EMAIL") {
    const [from, to, subject] = [text("from"), text("to"), text("subject")];
    return { kind: "mail", from, to, subject, html: text("html"), text: text("text") };
  }
  return {
    kind: "command",
    ids: Object.fromEntries(ID_FIELDS.flatMap((name) => (text(name) ? [[name, text(name)]] : []))),
  };
}

function isRecord(value: Prisma.JsonValue): value is Prisma.JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function failuresOf(id: string): Promise<MailAttempt[]> {
  return db().failedAttempt.findMany({
    where: { workId: id },
    orderBy: { at: "desc" },
    take: FAILURES,
    omit: { workId: true },
  });
}

/** A vendor's report names the mail by our id or by its own: whichever it knew. */
async function reportsOf(id: string, externalId: string | null): Promise<MailReport[]> {
  const names = externalId === null ? [id] : [id, externalId];
  const rows = await db().$queryRaw<MailReport[]>`
    SELECT report.*
      FROM unnest(${names}::text[]) AS name,
           LATERAL (SELECT id AS "eventId", provider, type, occurred_at AS "occurredAt", received_at AS "receivedAt"
                      FROM webhook_event
                     WHERE object_id = name
                     ORDER BY received_at DESC, id DESC
                     LIMIT ${REPORTS}) AS report`;
  return rows.sort(
    (one, other) =>
      one.occurredAt.getTime() - other.occurredAt.getTime() ||
      one.receivedAt.getTime() - other.receivedAt.getTime(),
  );
}
