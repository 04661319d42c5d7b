import type { Database } from "./client";

export async function countProjects(tx: Database, workspaceId: string): Promise<number> {
  return tx.project.count({ where: { workspaceId } });
}

export async function insertProject(
  tx: Database,
  input: { workspaceId: string; name: string },
): Promise<void> {
  await tx.project.create({ data: input });
}

/** Says whether there was one: of this workspace, or it is not touched. */
export async function removeProject(
  tx: Database,
  input: { workspaceId: string; projectId: string },
): Promise<boolean> {
  const { count } = await tx.project.deleteMany({
    where: { id: input.projectId, workspaceId: input.workspaceId },
  });
  return count === 1;
}
