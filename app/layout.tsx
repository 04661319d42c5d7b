import { GeistSans } from "geist/font/sans";
import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { SandboxBar } from "@/components/shell/sandbox-bar";
import { sandboxLinks } from "@/lib/sandbox-links";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Breakwater", template: "%s · Breakwater" },
  description: "Accounts, plans, payments and e-mail for your product, working from the first minute.",
};

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f6f7f9" },
    { media: "(prefers-color-scheme: dark)", color: "#0a0f1c" },
  ],
};

/** Reads no session and no cookie, so that the public pages stay static. */
export default function RootLayout({ children }: { children: ReactNode }) {
  const sandbox = sandboxLinks();
  return (
    <html lang="en" className={GeistSans.variable}>
      <body className="flex min-h-dvh flex-col">
        <a
          href="#main"
          className="sr-only z-50 rounded-lg bg-accent px-4 py-3 text-sm font-medium text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        >
          Skip to content
        </a>
        {sandbox && <SandboxBar links={sandbox} />}
        {children}
      </body>
    </html>
  );
}
