import type { ReactNode } from "react";
import { HarbourIllustration } from "@/components/brand/harbour-illustration";
import { Logo } from "@/components/brand/logo";
import { ServiceNotice } from "@/components/shell/service-notice";

/** Seconds; what an action leaves in the outbox is delivered after its answer. */
export const maxDuration = 60;

export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <>
      {/* Asked by the browser, so that what is static stays so. Here people wait for a mail, and for nothing else. */}
      <ServiceNotice capabilities={null} about={["email"]} />
      <div className="grid flex-1 lg:grid-cols-2">
        <div className="flex flex-col px-4 sm:px-6">
          <header className="flex min-h-16 items-center">
            <a href="/" aria-label="Breakwater, home" className="flex min-h-10 items-center rounded-md">
              <Logo />
            </a>
          </header>
          <main
            id="main"
            tabIndex={-1}
            className="mx-auto flex w-full max-w-md flex-1 flex-col justify-center py-10 outline-none"
          >
            {children}
          </main>
        </div>
        <aside
          aria-label="About Breakwater"
          className="relative hidden overflow-hidden bg-deep text-on-deep lg:block"
        >
          <HarbourIllustration className="absolute inset-0 size-full" />
          <p className="absolute inset-x-12 bottom-16 max-w-md text-2xl leading-snug font-medium tracking-tight text-balance">
            Whatever the weather outside, the water in here stays calm.
          </p>
        </aside>
      </div>
    </>
  );
}
