"use client";

import { FormFailure } from "@/components/forms/form-failure";
import { useKeptForm } from "@/components/forms/use-kept-form";
import { Alert } from "@/components/ui/alert";
import { SubmitButton } from "@/components/ui/submit-button";
import type { TestedCapability } from "@/lib/use-cases/operations/test-integration";
import { testWords } from "../_view/test-words";
import { testIntegrationAction } from "../actions";

interface TestFormProps {
  capability: TestedCapability;
  name: string;
  explanation: string;
}

/** Tries a capability on purpose, and says what came of it. */
export function TestForm({ capability, name, explanation }: TestFormProps) {
  const { state, failure, form } = useKeptForm(testIntegrationAction);
  const outcome = state?.ok ? testWords(state.data) : null;
  return (
    <form {...form} className="flex flex-col gap-4 border-t pt-6">
      <input type="hidden" name="capability" value={capability} />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <SubmitButton variant="secondary" pendingLabel="Testing…" aria-label={`Send a test: ${name}`}>
          Send a test
        </SubmitButton>
        <p className="text-sm text-muted">{explanation}</p>
      </div>
      <FormFailure failure={failure} />
      {outcome === null ? null : (
        <Alert tone={outcome.tone} announce>
          <p>{outcome.text}</p>
        </Alert>
      )}
    </form>
  );
}
