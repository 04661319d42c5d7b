import type { ReactNode } from "react";
import { Logo } from "@/components/brand/logo";
import { NavLink } from "@/components/shell/nav-link";
import { UserMenu } from "@/components/shell/user-menu";
import { requireUser } from "@/lib/auth/guards";

const PAGES = [
  { href: "/dashboard", label: "Dashboard" },
  { href: "/billing", label: "Billing" },
  { href: "/settings", label: "Settings" },
];

/** Seconds; what an action leaves in the outbox is delivered after its answer. */
export const maxDuration = 60;

export default async function AppLayout({ children }: { children: ReactNode }) {
  const viewer = await requireUser();
  return (
    <>
      <noscript>
        <link rel="stylesheet" href="/no-script.css" />
      </noscript>
      <header className="sticky top-0 z-30 border-b bg-surface">
        <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-8 px-4 sm:px-6">
          <a
            href="/dashboard"
            aria-label="Breakwater, dashboard"
            className="flex min-h-14 items-center rounded-md"
          >
            <Logo />
          </a>
          <div className="ml-auto sm:order-last">
            <UserMenu viewer={viewer} />
          </div>
          <nav aria-label="Main" className="-mb-px flex basis-full gap-6 self-stretch sm:basis-auto">
            {PAGES.map(({ href, label }) => (
              <NavLink key={href} href={href}>
                {label}
              </NavLink>
            ))}
          </nav>
        </div>
      </header>
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto w-full max-w-6xl flex-1 px-4 py-8 outline-none sm:px-6 sm:py-12"
      >
        {children}
      </main>
    </>
  );
}
