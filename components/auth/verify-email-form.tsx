"use client";

import { verifyEmailAction } from "@/app/(auth)/actions";
import { FormFailure } from "@/components/forms/form-failure";
import { useKeptForm } from "@/components/forms/use-kept-form";
import { SubmitButton } from "@/components/ui/submit-button";
import { AuthHeading } from "./auth-heading";
import { ResendVerificationForm } from "./resend-verification-form";

/**
 * One button. Mail scanners follow links, so opening the page changes nothing; only the press confirms the address. A success leads
 * straight into the app.
 */
export function VerifyEmailForm({ token, mailboxUrl }: { token: string; mailboxUrl: string | null }) {
  const { failure, form } = useKeptForm(verifyEmailAction);
  return (
    <>
      <AuthHeading title="Confirm your e-mail address">
        One press, and your account is ready. If you did not sign up, close this page and nothing happens.
      </AuthHeading>
      <form {...form} className="mt-8 space-y-6">
        <input type="hidden" name="token" value={token} />
        <FormFailure failure={failure} />
        <SubmitButton width="full" pendingLabel="Confirming…">
          Confirm my e-mail address
        </SubmitButton>
      </form>
      {failure ? (
        <div className="mt-8 border-t pt-8">
          <h2 className="mb-4 font-semibold">Ask for a new link</h2>
          <ResendVerificationForm mailboxUrl={mailboxUrl} />
        </div>
      ) : null}
    </>
  );
}
