import type { ReactNode } from "react";

/** A list of `Fact`s, as many beside each other as there is room for. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid gap-x-6 gap-y-5 sm:grid-cols-2 lg:grid-cols-4">{children}</dl>;
}

/** An id of ours or a vendor's: breaks anywhere rather than widen the page. */
export function Id({ children }: { children: string }) {
  return <span className="font-mono text-[0.8125rem] break-all">{children}</span>;
}
