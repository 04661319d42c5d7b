"use client";

import { ErrorProblem } from "@/components/shell/error-problem";

export default function RootError({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <main id="main" tabIndex={-1} className="flex flex-1 flex-col outline-none">
      <ErrorProblem error={error} retry={retry} home={{ href: "/", label: "Go to the start page" }} />
    </main>
  );
}
