import type { OutboxStatus } from "@/prisma/generated/enums";
import { type Database, db } from "./client";
import { emailModeColumn } from "./scope";

/** More often than that nobody sends the same mail by hand. */
export const MAXIMUM_RESENDS = 20;

/** @param place from 1 */
export function resendKey(messageId: string, place: number): string {
  return `resend:${messageId}:${place}`;
}

/** Of whose key a message is one; null for every other message. */
export function resentFrom(businessKey: string): string | null {
  const [kind, messageId] = businessKey.split(":");
  return kind === "resend" && messageId !== undefined ? messageId : null;
}

/** As which messages a mail was sent again by hand, in their order. */
export async function listResends(messageId: string): Promise<string[]> {
  const keys = Array.from({ length: MAXIMUM_RESENDS }, (_, index) => resendKey(messageId, index + 1));
  const rows = await db().outboxMessage.findMany({
    where: { businessKey: { in: keys } },
    orderBy: { createdAt: "asc" },
    select: { id: true },
  });
  return rows.map(({ id }) => id);
}

export interface ResendableMail {
  status: OutboxStatus;
  workspaceId: string | null;
  /** As it was frozen; null where it carried a secret, or was pruned. */
  payload: unknown;
  payloadPrunedAt: Date | null;
}

/** Null for what is no mail of this process's mode. */
export function findResendable(messageId: string): Promise<ResendableMail | null> {
  return db().outboxMessage.findFirst({
    where: { id: messageId, kind: "EMAIL", mode: emailModeColumn() },
    select: { status: true, workspaceId: true, payload: true, payloadPrunedAt: true },
  });
}

/** The id of the message under a business key. */
export async function idUnderKey(tx: Database, businessKey: string): Promise<string> {
  const { id } = await tx.outboxMessage.findUniqueOrThrow({ where: { businessKey }, select: { id: true } });
  return id;
}
