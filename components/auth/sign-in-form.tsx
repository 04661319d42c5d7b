"use client";

import { signInAction } from "@/app/(auth)/actions";
import { FormFailure } from "@/components/forms/form-failure";
import { useKeptForm } from "@/components/forms/use-kept-form";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { ResendVerificationForm } from "./resend-verification-form";
import { TextLink } from "./text-link";

interface SignInFormProps {
  next: string;
  /** Sandbox only: where the mail can be read. */
  mailboxUrl: string | null;
}

/** E-mail and password; the action redirects to `next`. An address still to be confirmed gets its link again here. */
export function SignInForm({ next, mailboxUrl }: SignInFormProps) {
  const { failure, form, kept, fieldError } = useKeptForm(signInAction);
  return (
    <>
      <form {...form} className="space-y-6">
        <input type="hidden" name="next" value={next} />
        <FormFailure failure={failure} fields={["email", "password"]} />
        <TextField
          name="email"
          type="email"
          label="E-mail"
          autoComplete="username"
          required
          defaultValue={kept("email")}
          error={fieldError("email")}
        />
        <div>
          <TextField
            name="password"
            type="password"
            label="Password"
            autoComplete="current-password"
            required
            defaultValue={kept("password")}
            error={fieldError("password")}
          />
          <div className="mt-1 text-sm">
            <TextLink href="/forgot-password">Forgot your password?</TextLink>
          </div>
        </div>
        <SubmitButton width="full" pendingLabel="Signing in…">
          Sign in
        </SubmitButton>
      </form>
      {/* Of signing in, only an unconfirmed address is forbidden; a wrong pair is something else. */}
      {failure?.code === "forbidden" ? (
        <div className="mt-6 border-t pt-6">
          <ResendVerificationForm email={kept("email")} mailboxUrl={mailboxUrl} />
        </div>
      ) : null}
    </>
  );
}
