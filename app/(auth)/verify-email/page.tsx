import type { Metadata } from "next";
import type { PageWithSearch } from "@/app/search-params";
import { AuthHeading } from "@/components/auth/auth-heading";
import { ResendVerificationForm } from "@/components/auth/resend-verification-form";
import { VerifyEmailForm } from "@/components/auth/verify-email-form";
import { sandboxLinks } from "@/lib/sandbox-links";

// The token stands in the address: it must not travel to another site in a Referer header. "no-referrer" would make
// browsers send the form with `Origin: null` where no script runs, which Next refuses.
export const metadata: Metadata = { title: "Confirm your e-mail address", referrer: "same-origin" };

export default async function VerifyEmailPage({ searchParams }: PageWithSearch) {
  const { token } = await searchParams;
  const mailboxUrl = sandboxLinks()?.mailbox ?? null;
  if (typeof token === "string" && token !== "")
    return <VerifyEmailForm token={token} mailboxUrl={mailboxUrl} />;
  return (
    <>
      <AuthHeading title="This link is not complete">
        Part of it is missing; some mail programs break long links. Copy the whole link into the address bar,
        or ask for a new one.
      </AuthHeading>
      <div className="mt-8">
        <ResendVerificationForm mailboxUrl={mailboxUrl} />
      </div>
    </>
  );
}
