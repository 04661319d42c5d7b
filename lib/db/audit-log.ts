import { requestContext } from "@/lib/request-context";
import type { Prisma } from "@/prisma/generated/client";
import type { Database } from "./client";
import type { CopyState, CopyWrite } from "./copy-write";

/** Written in the transaction of what it records, under the inbox event that is handled. `detail`: ids and states only. */
export async function recordAudit(
  tx: Database,
  entry: {
    workspaceId: string | null;
    actorId?: string | null;
    action: string;
    detail?: Prisma.InputJsonObject;
  },
): Promise<void> {
  const { eventId } = requestContext();
  await tx.auditLog.create({ data: { ...entry, detail: entry.detail ?? {}, eventId } });
}

/**
 * The same, where the workspace has none of this action and detail yet; says whether it was written. Two at once take
 * turns by the workspace's lock.
 */
export async function recordAuditOnce(
  tx: Database,
  entry: { workspaceId: string; action: string; detail: Prisma.InputJsonObject },
): Promise<boolean> {
  const { workspaceId, action, detail } = entry;
  const known = await tx.auditLog.findFirst({
    where: { workspaceId, action, detail: { equals: detail } },
    select: { id: true },
  });
  if (known) return false;
  await recordAudit(tx, entry);
  return true;
}

/** Records what a write changed of a copy, as `{before, after}` beside `ids`; nothing where it changed nothing. */
export async function recordChange(
  tx: Database,
  entry: { workspaceId: string | null; action: string; ids: Record<string, string> },
  { before, after }: CopyWrite,
): Promise<void> {
  if (before !== null && isSame(before, after)) return;
  const { workspaceId, action, ids } = entry;
  await recordAudit(tx, { workspaceId, action, detail: { ...ids, before, after } });
}

function isSame(before: CopyState, after: CopyState): boolean {
  return Object.entries(after).every(([name, value]) => before[name] === value);
}
