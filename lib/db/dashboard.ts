import type { DashboardView } from "@/lib/billing/views";
import { db } from "./client";
import { findCurrentSubscription } from "./subscriptions";

const PROJECTS_SHOWN = 100;

/** Everything that the dashboard shows, from local tables. */
export async function getDashboard(workspaceId: string): Promise<DashboardView> {
  const [subscription, projectCount, memberCount, projects] = await Promise.all([
    findCurrentSubscription(workspaceId),
    db().project.count({ where: { workspaceId } }),
    db().membership.count({ where: { workspaceId } }),
    db().project.findMany({
      where: { workspaceId },
      orderBy: [{ createdAt: "desc" }, { id: "desc" }],
      take: PROJECTS_SHOWN,
      select: { id: true, name: true, createdAt: true },
    }),
  ]);
  return {
    subscription: subscription?.view ?? null,
    usage: { projects: projectCount, members: memberCount },
    projects: projects.map((project) => ({ ...project, createdAt: project.createdAt.toISOString() })),
  };
}
