import { after, connection } from "next/server";
import type { ReactNode } from "react";
import { AppHeader } from "@/components/shell/app-header";
import { ServiceNotice } from "@/components/shell/service-notice";
import { requireUser } from "@/lib/auth/guards";
import { serviceStatus } from "@/lib/db/service-status";
import { doWorkInPassing, isWorkWantedInPassing } from "@/lib/do-due-work";

const PAGES = [
  { href: "/dashboard", label: "Dashboard" },
  { href: "/billing", label: "Billing" },
  { href: "/settings", label: "Settings" },
];

/** Seconds; what an action leaves in the outbox, and what else is due by then, is done after the answer. */
export const maxDuration = 60;

export default async function AppLayout({ children }: { children: ReactNode }) {
  // First of all: it tells a build that there is nobody to ask for, before the database is asked.
  await connection();
  if (isWorkWantedInPassing()) after(doWorkInPassing);
  const [viewer, service] = await Promise.all([requireUser(), serviceStatus()]);
  // Without the history, which the page does not show.
  const capabilities = service?.capabilities.map(({ id, status }) => ({ id, status })) ?? null;
  return (
    <>
      <noscript>
        <link rel="stylesheet" href="/no-script.css" />
      </noscript>
      <AppHeader viewer={viewer} pages={PAGES} />
      <ServiceNotice capabilities={capabilities} />
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
