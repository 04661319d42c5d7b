import Link from "next/link";
import { TIME_RANGES, type TimeRange } from "../_view/time-range";

/** Over what span of time figures and charts go. */
export function RangeSwitch({ selected }: { selected: TimeRange }) {
  return (
    <nav aria-label="Span of time" className="inline-flex rounded-xl border border-line bg-sunken p-1">
      {TIME_RANGES.map(({ key, label }) => (
        <Link
          key={key}
          href={key === "hour" ? "/admin/integrations" : `/admin/integrations?range=${key}`}
          prefetch={false}
          scroll={false}
          aria-current={key === selected.key ? "true" : undefined}
          className="flex min-h-10 items-center rounded-lg px-3 text-sm sm:px-4 font-medium text-muted transition-colors hover:text-ink aria-[current=true]:bg-surface aria-[current=true]:text-ink aria-[current=true]:shadow-card"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
