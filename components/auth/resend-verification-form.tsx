"use client";

import { resendVerificationAction } from "@/app/(auth)/actions";
import { FormFailure } from "@/components/forms/form-failure";
import { useKeptForm } from "@/components/forms/use-kept-form";
import { Alert } from "@/components/ui/alert";
import { LinkButton } from "@/components/ui/link-button";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";

interface ResendVerificationFormProps {
  /** Where it is known already it is not asked for again. */
  email?: string;
  mailboxUrl: string | null;
}

/** Asks for a fresh confirmation link. The answer is the same whether or not the address has an account. */
export function ResendVerificationForm({ email, mailboxUrl }: ResendVerificationFormProps) {
  const { state, failure, form, kept, fieldError } = useKeptForm(resendVerificationAction);
  if (state?.ok) {
    return (
      <div className="space-y-4">
        <Alert tone="positive" announce title="Sent">
          <p>
            If that address has an account still to be confirmed, a new link is on its way. Older links have
            ended.
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
    <form {...form} className="space-y-4">
      <FormFailure failure={failure} fields={email === undefined ? ["email"] : []} />
      {email === undefined ? (
        <TextField
          id="resend-email"
          name="email"
          type="email"
          label="E-mail"
          autoComplete="email"
          required
          maxLength={254}
          defaultValue={kept("email")}
          error={fieldError("email")}
        />
      ) : (
        <input type="hidden" name="email" value={email} />
      )}
      <SubmitButton variant="secondary" width="full" pendingLabel="Sending…">
        Send a new link
      </SubmitButton>
    </form>
  );
}
