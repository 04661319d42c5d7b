"use client";

import { createProjectAction } from "@/app/(app)/dashboard/actions";
import { FormFailure } from "@/components/forms/form-failure";
import { useKeptForm } from "@/components/forms/use-kept-form";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";

export function CreateProjectForm() {
  const { failure, form, kept, fieldError } = useKeptForm(createProjectAction);
  return (
    <form {...form} className="space-y-4">
      <FormFailure failure={failure} fields={["name"]} />
      <div className="flex flex-col gap-3 sm:flex-row sm:items-start">
        <TextField
          name="name"
          label="New project"
          autoComplete="off"
          required
          maxLength={80}
          defaultValue={kept("name")}
          error={fieldError("name")}
          className="flex-1"
        />
        <SubmitButton pendingLabel="Creating…" className="min-h-11 sm:mt-7">
          Create project
        </SubmitButton>
      </div>
    </form>
  );
}
