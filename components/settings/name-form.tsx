"use client";

import { FormFailure } from "@/components/forms/form-failure";
import { useKeptForm } from "@/components/forms/use-kept-form";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import type { FormAction } from "@/lib/result";

interface NameFormProps<T> {
  /** Distinguishes the two forms of the page. */
  id: string;
  label: string;
  hint?: string;
  name: string;
  autoComplete: string;
  action: FormAction<T>;
}

/** Changes one name, a person's or a workspace's. */
export function NameForm<T>({ id, label, hint, name, autoComplete, action }: NameFormProps<T>) {
  const { state, failure, form, kept, fieldError } = useKeptForm(action);
  return (
    <form {...form} className="space-y-4">
      <FormFailure failure={failure} fields={["name"]} />
      <TextField
        id={`${id}-name`}
        name="name"
        label={label}
        hint={hint}
        autoComplete={autoComplete}
        required
        maxLength={100}
        defaultValue={kept("name") ?? name}
        error={fieldError("name")}
      />
      <div className="flex flex-wrap items-center gap-4">
        <SubmitButton pendingLabel="Saving…">Save</SubmitButton>
        <p role="status" className="text-sm font-medium text-positive">
          {state?.ok ? "Saved" : ""}
        </p>
      </div>
    </form>
  );
}
