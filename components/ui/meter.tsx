import { twMerge } from "tailwind-merge";

interface MeterProps {
  label: string;
  used: number;
  /** Null is unlimited. */
  limit: number | null;
}

/**
 * Use against a limit, in words and as a bar. The bar is an SVG rectangle because its width is an attribute: an
 * inline style would need a looser content security policy.
 */
export function Meter({ label, used, limit }: MeterProps) {
  const over = limit !== null && used > limit;
  const text = limit === null ? `${used} used, no limit` : `${used} of ${limit} used`;
  const share = limit === null || limit === 0 ? 0 : Math.min(100, (used / limit) * 100);
  return (
    <div>
      <div className="flex items-baseline justify-between gap-4 text-sm">
        <span className="font-medium">{label}</span>
        <span className="text-muted tabular-nums">{text}</span>
      </div>
      {limit === null ? null : (
        // biome-ignore lint/a11y/useSemanticElements: browsers draw the meter element each in their own way, and colour it by its value.
        <div
          role="meter"
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={limit}
          aria-valuenow={Math.min(used, limit)}
          aria-valuetext={text}
          className="mt-2 h-2 overflow-hidden rounded-full bg-line"
        >
          <svg aria-hidden="true" className={twMerge("size-full", over ? "text-warning" : "text-accent")}>
            <rect width={`${share}%`} height="100%" fill="currentColor" rx="4" />
          </svg>
        </div>
      )}
    </div>
  );
}
