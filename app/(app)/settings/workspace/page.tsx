import type { Metadata } from "next";
import { NameForm } from "@/components/settings/name-form";
import { SectionCard } from "@/components/ui/card";
import { requireUser } from "@/lib/auth/guards";
import { renameWorkspaceAction } from "../actions";

export const metadata: Metadata = { title: "Workspace" };

export default async function WorkspaceSettingsPage() {
  const viewer = await requireUser();
  return (
    <SectionCard id="workspace" title="Workspace" description="Plan, projects and invoices belong to it.">
      {viewer.role === "member" ? (
        <p className="text-sm">
          <span className="font-medium break-words">{viewer.workspaceName}</span>
          <span className="mt-1 block text-muted">An owner or admin can rename it.</span>
        </p>
      ) : (
        <NameForm
          id="workspace"
          label="Workspace name"
          name={viewer.workspaceName}
          autoComplete="organization"
          action={renameWorkspaceAction}
        />
      )}
    </SectionCard>
  );
}
