"use client";

import { ErrorProblem } from "@/components/shell/error-problem";
import "./globals.css";

/** The root layout itself failed: this stands in its place, with its own document. */
export default function GlobalError({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <html lang="en">
      <body className="flex min-h-dvh flex-col">
        <title>This page could not be shown · Breakwater</title>
        <main className="flex flex-1 flex-col">
          <ErrorProblem error={error} retry={retry} home={{ href: "/", label: "Go to the start page" }} />
        </main>
      </body>
    </html>
  );
}
