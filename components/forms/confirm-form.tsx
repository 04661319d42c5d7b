"use client";

import { type ReactNode, useEffect } from "react";
import { SubmitButton } from "@/components/ui/submit-button";
import type { FormAction } from "@/lib/result";
import { FormFailure } from "./form-failure";
import { useKeptForm } from "./use-kept-form";

/** A question before an action: what will happen, and the two answers. */
export interface Confirmation<T> {
  title: string;
  description: ReactNode;
  /** A verb and its object: "Cancel subscription". */
  confirmLabel: string;
  pendingLabel: string;
  /** The answer that changes nothing: "Keep subscription". */
  keepLabel: string;
  danger?: boolean;
  /** Sent along as hidden inputs. */
  fields?: Record<string, string>;
  action: FormAction<T>;
}

interface ConfirmFormProps<T> extends Confirmation<T> {
  keep: ReactNode;
  onDone?: () => void;
}

export function ConfirmForm<T>(props: ConfirmFormProps<T>) {
  const { action, fields = {}, confirmLabel, pendingLabel, danger = false, keep, onDone } = props;
  const { state, failure, form } = useKeptForm(action);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `onDone` is a new function at each render; only a new answer of the action counts.
  useEffect(() => {
    if (state?.ok) onDone?.();
  }, [state]);

  return (
    <form {...form} className="mt-6 space-y-6">
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <FormFailure failure={failure} />
      <div className="flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
        {keep}
        <SubmitButton variant={danger ? "danger" : "primary"} pendingLabel={pendingLabel}>
          {confirmLabel}
        </SubmitButton>
      </div>
    </form>
  );
}
