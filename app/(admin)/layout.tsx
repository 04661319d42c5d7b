import type { Metadata } from "next";
import type { ReactNode } from "react";
import { AppHeader } from "@/components/shell/app-header";
import { requireOperator } from "@/lib/auth/guards";

export const metadata: Metadata = { robots: { index: false } };

const PAGES = [
  { href: "/admin/integrations", label: "Integrations" },
  { href: "/admin/webhooks", label: "Webhooks" },
  { href: "/admin/emails", label: "E-mails" },
];

/** Seconds; what an action leaves in the outbox is delivered after its answer. */
export const maxDuration = 60;

export default async function OperatorLayout({ children }: { children: ReactNode }) {
  const viewer = await requireOperator();
  return (
    <>
      <AppHeader viewer={viewer} pages={PAGES} mark="Operator" />
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
