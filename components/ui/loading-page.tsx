import type { ReactNode } from "react";
import { Skeleton } from "./skeleton";

/** The frame of a page's skeleton: its heading, and a word for those who cannot see the grey shapes. */
export function LoadingPage({ children }: { children: ReactNode }) {
  return (
    <div data-skeleton className="space-y-6">
      <p role="status" className="sr-only">
        Loading
      </p>
      <div>
        <Skeleton className="h-9 w-40" />
        <Skeleton className="mt-3 h-5 w-64 max-w-full" />
      </div>
      {children}
    </div>
  );
}
