"use client";

import { type FormEvent, useActionState, useEffect, useRef, useState } from "react";
import type { ActionFailure, ActionState, FormAction } from "@/lib/result";

export interface KeptForm<T> {
  state: ActionState<T>;
  failure: ActionFailure | null;
  /** Spread onto the `<form>`. */
  form: {
    action: (formData: FormData) => void;
    onSubmit: (event: FormEvent<HTMLFormElement>) => void;
    ref: React.RefObject<HTMLFormElement | null>;
  };
  /** What was typed into a field, for its `defaultValue`; empty again after a success. */
  kept: (name: string) => string | undefined;
  /** The message of a field, if the last submission had one. */
  fieldError: (name: string) => string | undefined;
}

/**
 * A form bound to a server action that loses nothing that was typed. The action itself goes to `useActionState`, so
 * the form also works before or without JavaScript; React resets a form's fields to their defaults after an action,
 * and therefore what was submitted is kept here and becomes their default. After a failure the keyboard is put on the
 * first field at fault, or else on the message.
 */
export function useKeptForm<T>(action: FormAction<T>): KeptForm<T> {
  const [state, formAction] = useActionState(action, null);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const ref = useRef<HTMLFormElement>(null);
  const failure = state !== null && !state.ok ? state.error : null;

  useEffect(() => {
    if (failure === null) return;
    const target = ref.current?.querySelector<HTMLElement>("[aria-invalid=true], [role=alert]");
    target?.focus();
  }, [failure]);

  function onSubmit(event: FormEvent<HTMLFormElement>): void {
    const entries = [...new FormData(event.currentTarget)];
    setTyped(
      Object.fromEntries(
        entries.flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
      ),
    );
  }

  return {
    state,
    failure,
    form: { action: formAction, onSubmit, ref },
    kept: (name) => (state?.ok ? undefined : (typed[name] ?? failure?.values?.[name])),
    fieldError: (name) => failure?.fields?.[name],
  };
}
