"use client";

import { FormFailure } from "@/components/forms/form-failure";
import { useKeptForm } from "@/components/forms/use-kept-form";
import { SubmitButton } from "@/components/ui/submit-button";
import { makeTrafficAction } from "./actions";

interface TrafficFormProps {
  capability: string;
  name: string;
  label: string;
  explanation: string;
}

/** Calls a provider a few times, so that its breaker has something to go by. */
export function TrafficForm({ capability, name, label, explanation }: TrafficFormProps) {
  const { failure, state, form } = useKeptForm(makeTrafficAction);
  return (
    <form {...form} className="flex flex-col gap-4">
      <input type="hidden" name="capability" value={capability} />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <SubmitButton variant="secondary" pendingLabel={label} aria-label={`${label}: ${name}`}>
          {label}
        </SubmitButton>
        <p role="status" className="text-sm text-muted">
          {state?.ok ? "On their way; the figures follow within two seconds." : explanation}
        </p>
      </div>
      <FormFailure failure={failure} />
    </form>
  );
}
