"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { tabListStyles, tabStyles } from "@/components/ui/tab-styles";

/** The parts of the settings, in the order in which they stand beside each other. */
const PARTS = [
  { href: "/settings", label: "Account" },
  { href: "/settings/workspace", label: "Workspace" },
] as const;

export function SettingsNav() {
  const path = usePathname();
  return (
    <nav aria-label="Settings" className={tabListStyles}>
      {PARTS.map(({ href, label }) => (
        <Link
          key={href}
          href={href}
          prefetch={false}
          aria-current={path === href ? "page" : undefined}
          className={tabStyles}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
