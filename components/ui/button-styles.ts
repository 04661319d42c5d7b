import { cva } from "class-variance-authority";

/** The look of anything that is pressed: `Button`, `LinkButton` and `SubmitButton` share it. */
export const buttonStyles = cva(
  [
    "inline-flex min-h-10 items-center justify-center gap-2 rounded-lg px-4 text-center text-sm font-medium",
    "transition-colors aria-disabled:cursor-default aria-disabled:opacity-60",
  ],
  {
    variants: {
      variant: {
        primary: "bg-accent text-on-accent hover:bg-accent-hover",
        secondary: "border border-line-strong/60 bg-surface text-ink hover:bg-sunken",
        quiet: "text-ink hover:bg-sunken",
        danger: "bg-critical text-on-critical hover:bg-critical-hover",
        /** On the deep panels, which are dark in both colour schemes. */
        onDeep: "bg-on-deep text-deep hover:bg-on-deep-muted",
      },
      size: {
        medium: "py-2",
        large: "min-h-12 px-6 text-base",
      },
      width: {
        content: "",
        full: "w-full",
      },
    },
    defaultVariants: { variant: "primary", size: "medium", width: "content" },
  },
);
