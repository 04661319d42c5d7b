/** Links beside each other of which one is where the reader is: it says so by `aria-current`. */
export const tabListStyles = "inline-flex max-w-full flex-wrap rounded-xl border border-line bg-sunken p-1";

export const tabStyles =
  "flex min-h-10 items-center gap-2 rounded-lg px-3 text-sm font-medium text-muted transition-colors hover:text-ink aria-[current]:bg-surface aria-[current]:text-ink aria-[current]:shadow-card sm:px-4";
