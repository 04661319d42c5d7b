import type { Metadata } from "next";
import { Logo } from "@/components/brand/logo";
import { Problem } from "@/components/shell/problem";
import { LinkButton } from "@/components/ui/link-button";

export const metadata: Metadata = { title: "Page not found" };

export default function NotFound() {
  return (
    <>
      <header className="border-b bg-surface">
        <div className="mx-auto flex min-h-16 max-w-6xl items-center px-4 sm:px-6">
          <a href="/" aria-label="Breakwater, home" className="flex min-h-10 items-center rounded-md">
            <Logo />
          </a>
        </div>
      </header>
      <main id="main" tabIndex={-1} className="flex flex-1 flex-col outline-none">
        <Problem
          title="There is no page here"
          text="The address may be mistyped, or the page has moved. One of these will bring you back."
          actions={
            <>
              <LinkButton href="/dashboard">Your dashboard</LinkButton>
              <LinkButton href="/" variant="secondary">
                Start page
              </LinkButton>
            </>
          }
        />
      </main>
    </>
  );
}
