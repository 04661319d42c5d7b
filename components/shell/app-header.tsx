import { Logo } from "@/components/brand/logo";
import type { Viewer } from "@/lib/billing/views";
import { NavLink } from "./nav-link";
import { UserMenu } from "./user-menu";

interface AppHeaderProps {
  viewer: Viewer;
  /** Of this part of the app. */
  pages: readonly { href: string; label: string }[];
  /** What part of the app this is, where it is not the customers' own. */
  mark?: string;
}

/** The bar above every page for people who are signed in. */
export function AppHeader({ viewer, pages, mark }: AppHeaderProps) {
  return (
    <header className="sticky top-0 z-30 border-b bg-surface">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-8 px-4 sm:px-6">
        <div className="flex items-center gap-3">
          <a
            href="/dashboard"
            aria-label="Breakwater, dashboard"
            className="flex min-h-14 items-center rounded-md"
          >
            <Logo />
          </a>
          {mark === undefined ? null : (
            <span className="rounded-full bg-accent-soft px-2.5 py-1 text-xs font-semibold whitespace-nowrap text-accent">
              {mark}
            </span>
          )}
        </div>
        <div className="ml-auto sm:order-last">
          <UserMenu viewer={viewer} />
        </div>
        <nav aria-label="Main" className="-mb-px flex basis-full gap-6 self-stretch sm:basis-auto">
          {pages.map(({ href, label }) => (
            <NavLink key={href} href={href}>
              {label}
            </NavLink>
          ))}
        </nav>
      </div>
    </header>
  );
}
