import type { VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { twMerge } from "tailwind-merge";
import { buttonStyles } from "./button-styles";

type ButtonProps = ComponentProps<"button"> & VariantProps<typeof buttonStyles>;

/** A button that does not submit; inside a form use `SubmitButton`. */
export function Button({ variant, size, width, className, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} className={twMerge(buttonStyles({ variant, size, width }), className)} />
  );
}
