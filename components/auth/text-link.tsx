import type { ComponentProps } from "react";

export function TextLink(props: ComponentProps<"a">) {
  return (
    <a
      {...props}
      className="inline-flex min-h-10 items-center rounded-md font-medium text-accent underline decoration-accent/40 underline-offset-4 hover:decoration-accent"
    />
  );
}
