"use client";

import type { VariantProps } from "class-variance-authority";
import type { ComponentProps, MouseEvent } from "react";
import { useFormStatus } from "react-dom";
import { Button } from "./button";
import type { buttonStyles } from "./button-styles";
import { Spinner } from "./spinner";

type SubmitButtonProps = ComponentProps<"button"> &
  VariantProps<typeof buttonStyles> & { pendingLabel: string };

/**
 * Submits its form, and says so while it does. While pending it is `aria-disabled` rather than `disabled`: a disabled
 * button would throw keyboard focus back to the top of the page.
 */
export function SubmitButton({ pendingLabel, children, ...rest }: SubmitButtonProps) {
  const { pending, data } = useFormStatus();
  // Of several submit buttons in one form only the pressed one turns; all of them are held.
  const pressed = pending && (rest.name === undefined || data?.get(rest.name) === rest.value);

  function holdWhilePending(event: MouseEvent<HTMLButtonElement>): void {
    if (pending) event.preventDefault();
  }

  return (
    <Button {...rest} type="submit" aria-disabled={pending || undefined} onClick={holdWhilePending}>
      {pressed ? (
        <>
          <Spinner />
          {pendingLabel}
        </>
      ) : (
        children
      )}
    </Button>
  );
}
