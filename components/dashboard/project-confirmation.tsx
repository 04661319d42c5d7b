import { deleteProjectAction } from "@/app/(app)/dashboard/actions";
import type { DashboardView } from "@/lib/billing/views";

export type Project = DashboardView["projects"][number];

/** What deleting a project means, asked before it is done. */
export function deleteConfirmation(project: Project) {
  return {
    title: `Delete “${project.name}”?`,
    description: <p>The project is gone for everyone in the workspace, and cannot be brought back.</p>,
    confirmLabel: "Delete project",
    pendingLabel: "Deleting…",
    keepLabel: "Keep project",
    danger: true,
    fields: { projectId: project.id },
    action: deleteProjectAction,
  };
}
