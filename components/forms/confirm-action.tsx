"use client";

import type { VariantProps } from "class-variance-authority";
import { AlertDialog } from "radix-ui";
import { type MouseEvent, type ReactNode, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import type { buttonStyles } from "@/components/ui/button-styles";
import { LinkButton } from "@/components/ui/link-button";
import type { FormAction } from "@/lib/result";
import { type Confirmation, ConfirmForm } from "./confirm-form";

interface ConfirmActionProps<T> extends Confirmation<T> {
  trigger: ReactNode;
  triggerLabel?: string;
  triggerVariant?: VariantProps<typeof buttonStyles>["variant"];
  triggerWidth?: VariantProps<typeof buttonStyles>["width"];
  /** The same question as a page, for those without JavaScript: it renders `ConfirmPanel`. */
  href: string;
  action: FormAction<T>;
  /** Id of what takes the focus afterwards where the trigger has gone with what was done. */
  afterwards?: string;
}

/** A button that asks before it acts. Escape, the backdrop's absence and "keep" all leave everything as it was. */
export function ConfirmAction<T>(props: ConfirmActionProps<T>) {
  const {
    trigger,
    triggerLabel,
    triggerVariant = "secondary",
    triggerWidth,
    href,
    title,
    description,
    afterwards = "",
  } = props;
  const [open, setOpen] = useState(false);
  const triggerRef = useRef<HTMLAnchorElement>(null);

  function openHere(event: MouseEvent): void {
    event.preventDefault();
    setOpen(true);
  }

  return (
    <AlertDialog.Root open={open} onOpenChange={setOpen}>
      <LinkButton
        ref={triggerRef}
        href={href}
        variant={triggerVariant}
        width={triggerWidth}
        aria-haspopup="dialog"
        aria-label={triggerLabel}
        onClick={openHere}
      >
        {trigger}
      </LinkButton>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-40 bg-deep/60" />
        <AlertDialog.Content
          onCloseAutoFocus={() => (triggerRef.current ?? document.getElementById(afterwards))?.focus()}
          className="fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] max-w-md -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-2xl border border-line bg-surface p-6 shadow-raised"
        >
          <AlertDialog.Title className="text-lg font-semibold break-words">{title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="mt-2 space-y-2 text-sm break-words text-muted">{description}</div>
          </AlertDialog.Description>
          <ConfirmForm
            {...props}
            onDone={() => setOpen(false)}
            keep={
              <AlertDialog.Cancel asChild>
                <Button variant="secondary">{props.keepLabel}</Button>
              </AlertDialog.Cancel>
            }
          />
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
