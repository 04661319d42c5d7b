import { billingState } from "@/lib/billing/status";
import type { Viewer } from "@/lib/billing/views";
import { db } from "@/lib/db/client";
import { countProjects, insertProject } from "@/lib/db/projects";
import { findCurrentSubscription } from "@/lib/db/subscriptions";
import { lockWorkspace } from "@/lib/db/workspaces";
import { AppError } from "@/lib/errors/app-error";

/** Makes a project within the plan's limit; two at once cannot overdraw it. */
export async function createProject(input: { viewer: Viewer; name: string }): Promise<void> {
  const { workspaceId } = input.viewer;
  await db().$transaction(async (tx) => {
    await lockWorkspace(tx, workspaceId);
    const current = await findCurrentSubscription(workspaceId, tx);
    const { plan } = billingState(current?.view ?? null, new Date());
    const limit = plan.limits.projects;
    if (limit !== null && (await countProjects(tx, workspaceId)) >= limit) {
      throw new AppError("limit_reached", {
        userMessage: `The ${plan.name} plan holds ${limit} projects. Choose a larger plan to make more.`,
      });
    }
    await insertProject(tx, { workspaceId, name: input.name });
  });
}
