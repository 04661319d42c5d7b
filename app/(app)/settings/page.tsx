import type { Metadata } from "next";
import type { PageWithSearch } from "@/app/search-params";
import { ConfirmAction } from "@/components/forms/confirm-action";
import { ConfirmPanel } from "@/components/forms/confirm-panel";
import { NameForm } from "@/components/settings/name-form";
import { signOutEverywhereConfirmation } from "@/components/settings/sign-out-everywhere";
import { SectionCard } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { requireUser } from "@/lib/auth/guards";
import { renameWorkspaceAction, updateProfileAction } from "./actions";

export const metadata: Metadata = { title: "Settings" };

export default async function SettingsPage({ searchParams }: PageWithSearch) {
  const viewer = await requireUser();
  const { confirm } = await searchParams;
  return (
    <div className="max-w-2xl space-y-6">
      <PageHeader title="Settings" description="You, your workspace, and where you are signed in." />
      {confirm === "sign-out-everywhere" ? (
        <ConfirmPanel {...signOutEverywhereConfirmation()} keepHref="/settings" />
      ) : null}
      <SectionCard id="profile" title="Profile">
        <NameForm
          id="profile"
          label="Name"
          name={viewer.name}
          autoComplete="name"
          action={updateProfileAction}
        />
        <dl className="mt-6 border-t pt-6">
          <dt className="text-sm font-medium">E-mail</dt>
          <dd className="mt-1 break-words text-muted">{viewer.email}</dd>
        </dl>
      </SectionCard>
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
      <SectionCard
        id="sessions"
        title="Sessions"
        description="If you used a computer that is not yours, or lost a device, end every session at once."
      >
        <ConfirmAction
          {...signOutEverywhereConfirmation()}
          href="/settings?confirm=sign-out-everywhere"
          trigger="Sign out everywhere"
        />
      </SectionCard>
    </div>
  );
}
