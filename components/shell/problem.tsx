import type { ReactNode } from "react";

interface ProblemProps {
  title: string;
  /** What it means for the reader, and what to do. */
  text: string;
  /** Whoever helps can find the cause by it. */
  reference?: string;
  actions: ReactNode;
}

/** A page that could not be shown. Light on purpose: error boundaries are loaded with every page. */
export function Problem({ title, text, reference, actions }: ProblemProps) {
  return (
    <div className="mx-auto flex w-full max-w-xl flex-1 flex-col justify-center px-4 py-16">
      <h1 className="text-2xl font-semibold sm:text-3xl">{title}</h1>
      <p className="mt-3 text-muted">{text}</p>
      {reference ? <p className="mt-3 text-sm text-muted">Reference: {reference}</p> : null}
      <div className="mt-8 flex flex-wrap gap-2">{actions}</div>
    </div>
  );
}
