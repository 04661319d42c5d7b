"use client";

import { requestPasswordResetAction } from "@/app/(auth)/actions";
import { FormFailure } from "@/components/forms/form-failure";
import { useKeptForm } from "@/components/forms/use-kept-form";
import { Alert } from "@/components/ui/alert";
import { LinkButton } from "@/components/ui/link-button";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";

/** Asks for a reset link. The answer is the same whether or not the address has an account. */
export function ForgotPasswordForm({ mailboxUrl }: { mailboxUrl: string | null }) {
  const { state, failure, form, kept, fieldError } = useKeptForm(requestPasswordResetAction);
  if (state?.ok) {
    return (
      <div className="space-y-6">
        <Alert tone="positive" announce title="Check your inbox">
          <p>
            If that address has an account, a link to choose a new password is on its way. It works once, and
            for one hour.
          </p>
        </Alert>
        {mailboxUrl === null ? null : (
          <LinkButton href={mailboxUrl} target="_blank" rel="noopener" width="full">
            Open your mailbox
          </LinkButton>
        )}
      </div>
    );
  }
  return (
    <form {...form} className="space-y-6">
      <FormFailure failure={failure} fields={["email"]} />
      <TextField
        name="email"
        type="email"
        label="E-mail"
        autoComplete="username"
        required
        maxLength={254}
        defaultValue={kept("email")}
        error={fieldError("email")}
      />
      <SubmitButton width="full" pendingLabel="Sending…">
        Send me a link
      </SubmitButton>
    </form>
  );
}
