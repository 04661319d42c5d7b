"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

/** The parts of the settings, in the order in which they stand beside each other. */
const PARTS = [
  { href: "/settings", label: "Account" },
  { href: "/settings/workspace", label: "Workspace" },
] as const;

export function SettingsNav() {
  const path = usePathname();
  return (
    <nav
      aria-label="Settings"
      className="inline-flex max-w-full flex-wrap rounded-xl border border-line bg-sunken p-1"
    >
      {PARTS.map(({ href, label }) => (
        <Link
          key={href}
          href={href}
          aria-current={path === href ? "page" : undefined}
          className="flex min-h-10 items-center rounded-lg px-3 text-sm font-medium text-muted transition-colors hover:text-ink aria-[current=page]:bg-surface aria-[current=page]:text-ink aria-[current=page]:shadow-card sm:px-4"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
