import Link from "next/link";
import { boundedCount } from "../_view/keyset";

export interface ListTab {
  href: string;
  label: string;
  /** Bounded; undefined where nobody counts. */
  count?: number;
  isCurrent: boolean;
}

/** The parts of a list: what wants a person first. */
export function ListTabs({ label, tabs }: { label: string; tabs: readonly ListTab[] }) {
  return (
    <nav
      aria-label={label}
      className="inline-flex max-w-full flex-wrap rounded-xl border border-line bg-sunken p-1"
    >
      {tabs.map(({ href, label: name, count, isCurrent }) => (
        <Link
          key={href}
          href={href}
          prefetch={false}
          scroll={false}
          aria-current={isCurrent ? "true" : undefined}
          className="flex min-h-10 items-center gap-2 rounded-lg px-3 text-sm font-medium text-muted transition-colors hover:text-ink aria-[current=true]:bg-surface aria-[current=true]:text-ink aria-[current=true]:shadow-card sm:px-4"
        >
          {name}
          {count === undefined ? null : (
            <span className="text-muted tabular-nums">{boundedCount(count)}</span>
          )}
        </Link>
      ))}
    </nav>
  );
}
