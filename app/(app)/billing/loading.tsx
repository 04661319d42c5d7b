import { Card } from "@/components/ui/card";
import { LoadingPage } from "@/components/ui/loading-page";
import { Skeleton } from "@/components/ui/skeleton";

export default function BillingLoading() {
  return (
    <LoadingPage>
      <Card>
        <Skeleton className="h-7 w-48" />
        <div className="mt-8 grid gap-6 sm:grid-cols-2 lg:grid-cols-4">
          {["plan", "price", "next", "card"].map((fact) => (
            <div key={fact}>
              <Skeleton className="h-4 w-16" />
              <Skeleton className="mt-3 h-5 w-32" />
            </div>
          ))}
        </div>
        <Skeleton className="mt-10 h-10 w-56" />
      </Card>
      <Card>
        <Skeleton className="h-7 w-36" />
        <Skeleton className="mt-8 h-12 w-72 max-w-full" />
        <div className="mt-6 grid gap-6 md:grid-cols-2">
          <Skeleton className="h-96 w-full rounded-2xl" />
          <Skeleton className="h-96 w-full rounded-2xl" />
        </div>
      </Card>
      <Card>
        <Skeleton className="h-7 w-28" />
        <div className="mt-8 space-y-4">
          {["first", "second", "third"].map((row) => (
            <Skeleton key={row} className="h-8 w-full" />
          ))}
        </div>
      </Card>
    </LoadingPage>
  );
}
