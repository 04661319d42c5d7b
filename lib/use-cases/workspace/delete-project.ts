import type { Viewer } from "@/lib/billing/views";
import { recordAudit } from "@/lib/db/audit-log";
import { db } from "@/lib/db/client";
import { removeProject } from "@/lib/db/projects";
import { AppError } from "@/lib/errors/app-error";

export async function deleteProject(input: { viewer: Viewer; projectId: string }): Promise<void> {
  const { workspaceId, userId } = input.viewer;
  await db().$transaction(async (tx) => {
    if (!(await removeProject(tx, { workspaceId, projectId: input.projectId }))) {
      throw new AppError("not_found", { userMessage: "This project is gone already." });
    }
    await recordAudit(tx, {
      workspaceId,
      actorId: userId,
      action: "project.deleted",
      detail: { projectId: input.projectId },
    });
  });
}
