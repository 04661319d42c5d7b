import { Card } from "@/components/ui/card";
import { LoadingPage } from "@/components/ui/loading-page";
import { Skeleton } from "@/components/ui/skeleton";

export default function DashboardLoading() {
  return (
    <LoadingPage>
      <div className="grid gap-6 md:grid-cols-2 lg:grid-cols-3">
        {["subscription", "usage", "features"].map((part) => (
          <Card key={part} className="h-60 last:md:col-span-2 last:lg:col-span-1">
            <Skeleton className="h-7 w-32" />
            <Skeleton className="mt-8 h-8 w-24" />
            <Skeleton className="mt-4 h-4 w-full max-w-56" />
          </Card>
        ))}
      </div>
      <Card>
        <Skeleton className="h-7 w-28" />
        <Skeleton className="mt-6 h-11 w-full" />
        <div className="mt-8 space-y-6">
          {["first", "second", "third"].map((row) => (
            <Skeleton key={row} className="h-10 w-full max-w-sm" />
          ))}
        </div>
      </Card>
    </LoadingPage>
  );
}
