import type { ReactNode } from "react";
import { Skeleton } from "./skeleton";

interface LoadingPageProps {
  children: ReactNode;
  /** Of a page whose layout has the heading already. */
  isHeaded?: boolean;
}

/** The frame of a page's skeleton: its heading, and a word for those who cannot see the grey shapes. */
export function LoadingPage({ children, isHeaded = false }: LoadingPageProps) {
  return (
    <div data-skeleton className="space-y-6">
      <p role="status" className="sr-only">
        Loading
      </p>
      {isHeaded ? null : (
        <div>
          <Skeleton className="h-9 w-40" />
          <Skeleton className="mt-3 h-5 w-64 max-w-full" />
        </div>
      )}
      {children}
    </div>
  );
}
