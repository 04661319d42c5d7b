import { cva } from "class-variance-authority";
import type { ReactNode } from "react";
import type { Tone } from "@/lib/billing/status";
import { ToneIcon } from "./tone-icon";

const alertStyles = cva("flex gap-3 rounded-xl border p-4 text-sm", {
  variants: {
    tone: {
      neutral: "border-line bg-surface text-ink",
      positive: "border-positive/30 bg-positive-soft text-positive",
      warning: "border-warning/30 bg-warning-soft text-warning",
      critical: "border-critical/30 bg-critical-soft text-critical",
    } satisfies Record<Tone, string>,
  },
});

interface AlertProps {
  tone: Tone;
  title?: string;
  children?: ReactNode;
  /** Said aloud at once when it appears after something the person did. */
  announce?: boolean;
}

/** What happened, what it means, and what to do next. */
export function Alert({ tone, title, children, announce = false }: AlertProps) {
  return (
    <div
      role={announce ? (tone === "critical" || tone === "warning" ? "alert" : "status") : undefined}
      tabIndex={announce ? -1 : undefined}
      className={alertStyles({ tone })}
    >
      <ToneIcon tone={tone} className="mt-px size-5 shrink-0" />
      <div className="min-w-0 flex-1 space-y-1 break-words">
        {title ? <p className="font-semibold">{title}</p> : null}
        {children}
      </div>
    </div>
  );
}
