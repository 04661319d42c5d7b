import Link from "next/link";
import { tabListStyles, tabStyles } from "@/components/ui/tab-styles";
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
    <nav aria-label={label} className={tabListStyles}>
      {tabs.map(({ href, label: name, count, isCurrent }) => (
        <Link
          key={href}
          href={href}
          prefetch={false}
          scroll={false}
          aria-current={isCurrent ? "true" : undefined}
          className={tabStyles}
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
