import type { Prisma } from "@/prisma/generated/client";
import type { Database } from "./client";

/** Written in the transaction of what it records. `detail`: ids and states only. */
export async function recordAudit(
  tx: Database,
  entry: {
    workspaceId: string | null;
    actorId?: string | null;
    action: string;
    detail?: Prisma.InputJsonObject;
  },
): Promise<void> {
  await tx.auditLog.create({ data: { ...entry, detail: entry.detail ?? {} } });
}
