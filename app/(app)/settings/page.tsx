import type { Metadata } from "next";
import type { PageWithSearch } from "@/app/search-params";
import { ConfirmAction } from "@/components/forms/confirm-action";
import { ConfirmPanel } from "@/components/forms/confirm-panel";
import { NameForm } from "@/components/settings/name-form";
import { signOutEverywhereConfirmation } from "@/components/settings/sign-out-everywhere";
import { SectionCard } from "@/components/ui/card";
import { requireUser } from "@/lib/auth/guards";
import { updateProfileAction } from "./actions";

export const metadata: Metadata = { title: "Account" };

export default async function SettingsPage({ searchParams }: PageWithSearch) {
  const viewer = await requireUser();
  const { confirm } = await searchParams;
  return (
    <>
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
    </>
  );
}
