import type { ReactNode } from "react";
import { Logo } from "@/components/brand/logo";
import { SiteFooter } from "@/components/shell/site-footer";
import { LinkButton } from "@/components/ui/link-button";

/** Plain anchors throughout: nothing here needs a script, and the step into the app is a full navigation. */
export default function MarketingLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <header className="border-b bg-surface">
        <div className="mx-auto flex min-h-16 max-w-6xl items-center justify-between gap-4 px-4 sm:px-6">
          <a href="/" aria-label="Breakwater, home" className="flex min-h-10 items-center rounded-md">
            <Logo />
          </a>
          <nav aria-label="Main" className="flex items-center gap-1 sm:gap-2">
            <LinkButton href="/pricing" variant="quiet" className="px-3">
              Pricing
            </LinkButton>
            <LinkButton href="/sign-in" variant="quiet" className="px-3">
              Sign in
            </LinkButton>
            <LinkButton href="/sign-up" className="hidden sm:inline-flex">
              Get started
            </LinkButton>
          </nav>
        </div>
      </header>
      <main id="main" tabIndex={-1} className="flex-1 outline-none">
        {children}
      </main>
      <SiteFooter />
    </>
  );
}
