"use client";

import dynamic from "next/dynamic";
import { Skeleton } from "@/components/ui/skeleton";

/** Loaded after the page, and on this page alone: the drawing library weighs more than all the rest. */
export const LazyCharts = dynamic(() => import("./charts").then(({ Charts }) => Charts), {
  ssr: false,
  loading: () => (
    <div className="space-y-6">
      <Skeleton className="h-44" />
      <Skeleton className="h-44" />
      <Skeleton className="h-10 w-32" />
    </div>
  ),
});
