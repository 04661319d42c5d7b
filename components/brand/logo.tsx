import { twMerge } from "tailwind-merge";

/** The mark: rough water comes in from the left and lies calm on the right. */
function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={twMerge("size-7 shrink-0", className)}>
      <rect width="32" height="32" rx="8" fill="currentColor" />
      <g fill="none" strokeWidth="2.4" strokeLinecap="round" className="stroke-(--mark-line)">
        <path d="M5 10.5c1.8-3.4 3.6-3.4 5.4 0s3.6 3.4 5.4 0H27M5 16c1.8-3.4 3.6-3.4 5.4 0s3.6 3.4 5.4 0H27M5 21.5c1.8-3.4 3.6-3.4 5.4 0s3.6 3.4 5.4 0H27" />
      </g>
    </svg>
  );
}

/** Mark and name; the link around it says where it leads. */
export function Logo({ onDeep = false }: { onDeep?: boolean }) {
  return (
    <span className="inline-flex items-center gap-2.5 text-lg font-semibold tracking-tight">
      <Mark
        className={
          onDeep ? "text-on-deep [--mark-line:var(--deep)]" : "text-accent [--mark-line:var(--on-accent)]"
        }
      />
      Breakwater
    </span>
  );
}
