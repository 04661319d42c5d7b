import type { Metadata } from "next";
import type { PageWithSearch } from "@/app/search-params";
import { AuthHeading } from "@/components/auth/auth-heading";
import { ResetPasswordForm } from "@/components/auth/reset-password-form";
import { LinkButton } from "@/components/ui/link-button";

// The token stands in the address: it must not travel to another site in a Referer header. "no-referrer" would make
// browsers send the form with `Origin: null` where no script runs, which Next refuses.
export const metadata: Metadata = { title: "Choose a new password", referrer: "same-origin" };

export default async function ResetPasswordPage({ searchParams }: PageWithSearch) {
  const { token } = await searchParams;
  if (typeof token === "string" && token !== "") {
    return (
      <>
        <AuthHeading title="Choose a new password">Saving it signs you out everywhere else.</AuthHeading>
        <div className="mt-8">
          <ResetPasswordForm token={token} />
        </div>
      </>
    );
  }
  return (
    <>
      <AuthHeading title="This link is not complete">
        Part of it is missing; some mail programs break long links. Copy the whole link into the address bar,
        or ask for a new one.
      </AuthHeading>
      <LinkButton href="/forgot-password" width="full" className="mt-8">
        Ask for a new link
      </LinkButton>
    </>
  );
}
