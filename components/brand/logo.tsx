import { twMerge } from "tailwind-merge";

/** The mark: open water meets the wall and lies calm behind it. */
function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={twMerge("size-7 shrink-0", className)}>
      <rect width="32" height="32" rx="8" fill="currentColor" />
      <g fill="none" strokeLinecap="round" className="stroke-(--mark-line)">
        <path d="M15 5.5c5.2 5 5.2 16 0 21" strokeWidth="3.6" />
        <path
          d="M5 11.5c1.6-2 3.2-2 4.8 0M4 17.5c1.9-2.4 4.4-2.4 6.3 0M5 23.5c1.6-2 3.2-2 4.8 0"
          strokeWidth="2.2"
        />
        <path d="M23 12.5h4M24 18.5h4M23 24.5h4" strokeWidth="2.2" strokeOpacity="0.65" />
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
