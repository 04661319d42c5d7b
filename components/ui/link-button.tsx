import type { VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { twMerge } from "tailwind-merge";
import { buttonStyles } from "./button-styles";

type LinkButtonProps = ComponentProps<"a"> & VariantProps<typeof buttonStyles>;

/**
 * A link that looks like a button. A plain anchor on purpose: it costs no script on the public pages, and the step
 * from them into the app is a full navigation.
 */
export function LinkButton({ variant, size, width, className, ...rest }: LinkButtonProps) {
  return <a {...rest} className={twMerge(buttonStyles({ variant, size, width }), className)} />;
}
