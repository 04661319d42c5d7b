"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

/**
 * A link of the app's navigation, marked while its page or one below it is open. Not prefetched: a page that renews
 * itself each second would fetch all of them anew each time.
 */
export function NavLink({ href, children }: { href: string; children: string }) {
  const pathname = usePathname();
  const current = pathname === href || pathname.startsWith(`${href}/`);
  return (
    <Link
      href={href}
      prefetch={false}
      aria-current={current ? "page" : undefined}
      className="flex h-full min-h-12 items-center border-b-2 border-transparent px-1 text-sm font-medium text-muted transition-colors hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink"
    >
      {children}
    </Link>
  );
}
