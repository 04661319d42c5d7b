import { Card } from "@/components/ui/card";
import { LoadingPage } from "@/components/ui/loading-page";
import { Skeleton } from "@/components/ui/skeleton";

export default function SettingsLoading() {
  return (
    <LoadingPage isHeaded>
      {["first", "second"].map((part) => (
        <Card key={part}>
          <Skeleton className="h-7 w-32" />
          <Skeleton className="mt-8 h-11 w-full" />
          <Skeleton className="mt-4 h-10 w-20" />
        </Card>
      ))}
    </LoadingPage>
  );
}
