import type { Viewer } from "@/lib/billing/views";
import { recordAudit } from "@/lib/db/audit-log";
import { db } from "@/lib/db/client";
import { renameWorkspace as rename } from "@/lib/db/workspaces";

export async function renameWorkspace(input: { viewer: Viewer; name: string }): Promise<void> {
  const { workspaceId, userId } = input.viewer;
  await db().$transaction(async (tx) => {
    await rename(tx, workspaceId, input.name);
    await recordAudit(tx, { workspaceId, actorId: userId, action: "workspace.renamed" });
  });
}
