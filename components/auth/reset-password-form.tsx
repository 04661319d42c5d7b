"use client";

import { resetPasswordAction } from "@/app/(auth)/actions";
import { FormFailure } from "@/components/forms/form-failure";
import { useKeptForm } from "@/components/forms/use-kept-form";
import { LinkButton } from "@/components/ui/link-button";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";

/** Sets a new password with the token of a reset mail; a success leads to the sign-in page. */
export function ResetPasswordForm({ token }: { token: string }) {
  const { failure, form, kept, fieldError } = useKeptForm(resetPasswordAction);
  return (
    <form {...form} className="space-y-6">
      <input type="hidden" name="token" value={token} />
      <FormFailure failure={failure} fields={["password"]} />
      <TextField
        name="password"
        type="password"
        label="New password"
        hint="At least 10 characters. A few words in a row make a good one."
        autoComplete="new-password"
        required
        maxLength={128}
        defaultValue={kept("password")}
        error={fieldError("password")}
      />
      <SubmitButton width="full" pendingLabel="Saving…">
        Save new password
      </SubmitButton>
      {failure && !failure.fields?.password ? (
        <LinkButton href="/forgot-password" variant="secondary" width="full">
          Ask for a new link
        </LinkButton>
      ) : null}
    </form>
  );
}
