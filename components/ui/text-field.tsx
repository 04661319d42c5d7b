import type { ComponentProps } from "react";
import { twMerge } from "tailwind-merge";

interface TextFieldProps extends Omit<ComponentProps<"input">, "id"> {
  name: string;
  label: string;
  hint?: string;
  error?: string;
  /** Where two forms of one page have a field of the same name. */
  id?: string;
}

/** A labelled input with its hint and its error beside it, tied together for assistive technology. */
export function TextField({ label, hint, error, id, className, ...input }: TextFieldProps) {
  const inputId = id ?? `field-${input.name}`;
  const hintId = `${inputId}-hint`;
  const errorId = `${inputId}-error`;
  const describedBy = [error ? errorId : null, hint ? hintId : null].filter(Boolean).join(" ");
  return (
    <div className={twMerge("flex flex-col gap-2", className)}>
      <label htmlFor={inputId} className="text-sm font-medium">
        {label}
      </label>
      <input
        {...input}
        id={inputId}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy || undefined}
        className="min-h-11 w-full rounded-lg border border-line-strong bg-surface px-3 text-base text-ink transition-colors placeholder:text-muted focus-visible:outline-offset-0 aria-invalid:border-critical read-only:bg-sunken"
      />
      {error ? (
        <p id={errorId} className="flex gap-2 text-sm font-medium text-critical">
          <svg viewBox="0 0 16 16" fill="currentColor" aria-hidden="true" className="mt-0.5 size-4 shrink-0">
            <path d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-.8 3.5h1.6l-.2 4.7H7.4l-.2-4.7ZM8 12.2a1 1 0 1 1 0-2 1 1 0 0 1 0 2Z" />
          </svg>
          {error}
        </p>
      ) : null}
      {hint ? (
        <p id={hintId} className="text-sm text-muted">
          {hint}
        </p>
      ) : null}
    </div>
  );
}
