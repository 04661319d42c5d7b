"use client";

import type { VariantProps } from "class-variance-authority";
import type { ReactNode } from "react";
import type { buttonStyles } from "@/components/ui/button-styles";
import { SubmitButton } from "@/components/ui/submit-button";
import type { FormAction } from "@/lib/result";
import { FormFailure } from "./form-failure";
import { useKeptForm } from "./use-kept-form";

interface ActionFormProps<T> extends VariantProps<typeof buttonStyles> {
  action: FormAction<T>;
  /** Sent along as hidden inputs. */
  fields?: Record<string, string>;
  pendingLabel: string;
  /** Of the button. */
  className?: string;
  /** What the button says. */
  children: ReactNode;
}

/** A form that is only its button: one press, no question asked. A failure is said below it. */
export function ActionForm<T>({ action, fields = {}, children, ...button }: ActionFormProps<T>) {
  const { failure, form } = useKeptForm(action);
  return (
    <form {...form} className="flex flex-col gap-3">
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <SubmitButton {...button}>{children}</SubmitButton>
      <FormFailure failure={failure} />
    </form>
  );
}
