"use client";

import { ErrorProblem } from "@/components/shell/error-problem";

export default function OperatorError({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <ErrorProblem error={error} retry={retry} home={{ href: "/dashboard", label: "Go to your dashboard" }} />
  );
}
