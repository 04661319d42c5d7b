import type { ReactNode } from "react";
import { twMerge } from "tailwind-merge";

/** A term and what it is now; stands in a `<dl>`. */
export function Fact({
  label,
  className,
  children,
}: {
  label: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <div className={twMerge("min-w-0", className)}>
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="mt-1 text-sm font-medium break-words tabular-nums">{children}</dd>
    </div>
  );
}
