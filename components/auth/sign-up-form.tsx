"use client";

import { signUpAction } from "@/app/(auth)/actions";
import { FormFailure } from "@/components/forms/form-failure";
import { useKeptForm } from "@/components/forms/use-kept-form";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { AuthHeading } from "./auth-heading";
import { CheckInbox } from "./check-inbox";
import { TextLink } from "./text-link";

interface SignUpFormProps {
  signInHref: string;
  /** Where to go once the address is confirmed. */
  next: string;
  /** Sandbox only: where the mail can be read. */
  mailboxUrl: string | null;
}

/** Makes an account and then says that a message is waiting; nothing is usable before its link is followed. */
export function SignUpForm({ signInHref, next, mailboxUrl }: SignUpFormProps) {
  const { state, failure, form, kept, fieldError } = useKeptForm(signUpAction);
  if (state?.ok) return <CheckInbox email={state.data.email} mailboxUrl={mailboxUrl} />;
  return (
    <>
      <AuthHeading title="Create your account">
        Free to start. No card is asked for until you choose a paid plan.
      </AuthHeading>
      <form {...form} className="mt-8 space-y-6">
        <input type="hidden" name="next" value={next} />
        <FormFailure failure={failure} fields={["name", "email", "password"]} />
        <TextField
          name="name"
          label="Name"
          autoComplete="name"
          required
          maxLength={100}
          defaultValue={kept("name")}
          error={fieldError("name")}
        />
        <TextField
          name="email"
          type="email"
          label="E-mail"
          autoComplete="email"
          required
          maxLength={254}
          defaultValue={kept("email")}
          error={fieldError("email")}
        />
        <TextField
          name="password"
          type="password"
          label="Password"
          hint="At least 10 characters. A few words in a row make a good one."
          autoComplete="new-password"
          required
          maxLength={128}
          defaultValue={kept("password")}
          error={fieldError("password")}
        />
        <SubmitButton width="full" pendingLabel="Creating your account…">
          Create account
        </SubmitButton>
      </form>
      <p className="mt-6 text-sm text-muted">
        Already have an account? <TextLink href={signInHref}>Sign in</TextLink>
      </p>
    </>
  );
}
