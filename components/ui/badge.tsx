import { cva } from "class-variance-authority";
import type { Tone } from "@/lib/billing/status";
import { ToneIcon } from "./tone-icon";

const badgeStyles = cva(
  "inline-flex h-7 items-center gap-1.5 rounded-full px-2.5 text-sm font-medium whitespace-nowrap",
  {
    variants: {
      tone: {
        neutral: "bg-sunken text-muted",
        positive: "bg-positive-soft text-positive",
        warning: "bg-warning-soft text-warning",
        critical: "bg-critical-soft text-critical",
      } satisfies Record<Tone, string>,
    },
  },
);

/** A state in a word, with the shape and colour of its tone. */
export function Badge({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={badgeStyles({ tone })}>
      <ToneIcon tone={tone} className="size-4 shrink-0" />
      {children}
    </span>
  );
}
