"use client";

import { FormFailure } from "@/components/forms/form-failure";
import { useKeptForm } from "@/components/forms/use-kept-form";
import { SubmitButton } from "@/components/ui/submit-button";
import { breakProviderAction } from "./actions";
import { FAULT_BUTTONS } from "./fault-words";

interface ChaosFormProps {
  provider: string;
  name: string;
  isBroken: boolean;
}

/** One press breaks every call of a provider; another one mends it. */
export function ChaosForm({ provider, name, isBroken }: ChaosFormProps) {
  const { failure, form } = useKeptForm(breakProviderAction);
  return (
    <form {...form} aria-label={`Break ${name.toLowerCase()}`} className="space-y-4">
      <input type="hidden" name="provider" value={provider} />
      <div className="flex flex-wrap gap-2">
        {FAULT_BUTTONS.map(({ fault, label }) => (
          <SubmitButton key={fault} name="fault" value={fault} variant="secondary" pendingLabel={label}>
            {label}
          </SubmitButton>
        ))}
        <SubmitButton
          name="fault"
          value="healthy"
          variant={isBroken ? "primary" : "secondary"}
          pendingLabel="Healthy again"
        >
          Healthy again
        </SubmitButton>
      </div>
      <FormFailure failure={failure} />
    </form>
  );
}
