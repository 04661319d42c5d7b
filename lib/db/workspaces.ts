import type { Database } from "./client";

/**
 * Writers of one workspace take turns until the transaction ends. The row's key stays as it is, so that whoever writes
 * something that only belongs to the workspace need not wait.
 */
export async function lockWorkspace(tx: Database, workspaceId: string): Promise<void> {
  await tx.$executeRaw`SELECT 1 FROM workspace WHERE id = ${workspaceId}::uuid FOR NO KEY UPDATE`;
}

export async function renameWorkspace(tx: Database, workspaceId: string, name: string): Promise<void> {
  await tx.workspace.update({ where: { id: workspaceId }, data: { name } });
}
