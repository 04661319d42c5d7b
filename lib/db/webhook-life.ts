/** One event's life, from local tables alone: each part of it by an index, and no part without an end. */
import { isUuid } from "@/lib/uuid";
import type { Prisma } from "@/prisma/generated/client";
import type { OutboxKind, OutboxStatus } from "@/prisma/generated/enums";
import { db } from "./client";
import { fromDatabase } from "./enum-names";
import { isOfOwnScope, type WebhookStatus } from "./webhook-filter";

export interface FailedAttemptRow {
  id: string;
  number: number;
  error: string;
  isLast: boolean;
  at: Date;
}

/** Something that was written down about the event: what its handling changed, or what an operator did. */
export interface NoteRow {
  id: string;
  action: string;
  detail: Prisma.JsonValue;
  /** Null for the system itself, and for whoever is deleted. */
  actorName: string | null;
  at: Date;
}

/** Something on the outside that its handling caused. */
export interface EffectRow {
  id: string;
  kind: Lowercase<OutboxKind>;
  category: string | null;
  status: Lowercase<OutboxStatus>;
  at: Date;
}

export interface SiblingRow {
  id: string;
  type: string;
  status: WebhookStatus;
  receivedAt: Date;
}

export interface WebhookLife {
  id: string;
  provider: string;
  account: string;
  mode: "sandbox" | "test" | "live";
  externalId: string;
  type: string;
  apiVersion: string | null;
  objectId: string | null;
  status: WebhookStatus;
  attempts: number;
  replays: number;
  lastError: string | null;
  occurredAt: Date;
  receivedAt: Date;
  nextAttemptAt: Date;
  processedAt: Date | null;
  /** Whether a worker holds it right now. */
  isUnderWay: boolean;
  /** Whether it is of a mode and an account that this installation works in. */
  isOwn: boolean;
  workspace: { id: string; name: string | null } | null;
  /** As it came: not for anybody's eyes before it is redacted. Null once it was pruned. */
  payload: Prisma.JsonValue;
  payloadPrunedAt: Date | null;
  /** The newest first. */
  failedAttempts: FailedAttemptRow[];
  /** The oldest first. */
  notes: NoteRow[];
  effects: EffectRow[];
  /** The newest other events of the same object. */
  siblings: SiblingRow[];
}

/** Of each part; what is beyond is in the tables. */
const ATTEMPTS_SHOWN = 20;
const NOTES_SHOWN = 50;
const EFFECTS_SHOWN = 50;
const SIBLINGS_SHOWN = 20;

async function notesOf(eventId: string): Promise<NoteRow[]> {
  const rows = await db().auditLog.findMany({
    where: { eventId },
    orderBy: { createdAt: "desc" },
    take: NOTES_SHOWN,
    select: { id: true, action: true, detail: true, createdAt: true, actor: { select: { name: true } } },
  });
  return rows
    .reverse()
    .map(({ createdAt, actor, ...row }) => ({ ...row, actorName: actor?.name ?? null, at: createdAt }));
}

async function effectsOf(eventId: string): Promise<EffectRow[]> {
  const rows = await db().outboxMessage.findMany({
    where: { eventId },
    orderBy: { createdAt: "asc" },
    take: EFFECTS_SHOWN,
    select: { id: true, kind: true, category: true, status: true, createdAt: true },
  });
  return rows.map(({ kind, status, createdAt, ...row }) => ({
    ...row,
    kind: fromDatabase(kind),
    status: fromDatabase(status),
    at: createdAt,
  }));
}

async function siblingsOf(event: { id: string; provider: string; objectId: string | null }) {
  if (event.objectId === null) return [];
  const rows = await db().webhookEvent.findMany({
    where: { objectId: event.objectId, provider: event.provider, id: { not: event.id } },
    orderBy: [{ receivedAt: "desc" }, { id: "desc" }],
    take: SIBLINGS_SHOWN,
    select: { id: true, type: true, status: true, receivedAt: true },
  });
  return rows.map((row) => ({ ...row, status: fromDatabase(row.status) }));
}

/** Null where there is no such event. */
export async function getWebhookLife(id: string): Promise<WebhookLife | null> {
  if (!isUuid(id)) return null;
  const event = await db().webhookEvent.findUnique({ where: { id } });
  if (event === null) return null;
  const { leaseToken: _token, leaseUntil, operationId: _operation, workspaceId, ...columns } = event;
  const [failedAttempts, notes, effects, siblings, workspace] = await Promise.all([
    db().failedAttempt.findMany({
      where: { workId: id },
      orderBy: { at: "desc" },
      take: ATTEMPTS_SHOWN,
      omit: { workId: true },
    }),
    notesOf(id),
    effectsOf(id),
    siblingsOf(event),
    workspaceId === null ? null : db().workspace.findUnique({ where: { id: workspaceId } }),
  ]);
  return {
    ...columns,
    mode: fromDatabase(event.mode),
    status: fromDatabase(event.status),
    isUnderWay: event.status === "PENDING" && leaseUntil !== null && leaseUntil.getTime() > Date.now(),
    isOwn: isOfOwnScope(event),
    workspace: workspaceId === null ? null : { id: workspaceId, name: workspace?.name ?? null },
    ...{ failedAttempts, notes, effects, siblings },
  };
}
