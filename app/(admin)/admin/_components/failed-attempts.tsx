import { Badge } from "@/components/ui/badge";
import { Moment } from "./moment";

export interface FailedAttemptView {
  id: string;
  /** From 1. */
  number: number;
  /** Class of the failure and our own words. */
  error: string;
  /** Nothing was tried any more after it. */
  isLast: boolean;
  at: Date;
}

/** Attempts that did not succeed, the newest first. */
export function FailedAttempts({ attempts }: { attempts: readonly FailedAttemptView[] }) {
  if (attempts.length === 0) return <p className="text-sm text-muted">No attempt has failed.</p>;
  return (
    <ol className="divide-y">
      {attempts.map(({ id, number, error, isLast, at }) => (
        <li key={id} className="flex flex-col gap-2 py-4 first:pt-0 last:pb-0 sm:flex-row sm:gap-4">
          <div className="sm:w-36 sm:shrink-0">
            <Badge tone={isLast ? "critical" : "warning"}>{isLast ? "Gave up" : `Attempt ${number}`}</Badge>
          </div>
          <div className="min-w-0 text-sm">
            <p className="break-words">{error}</p>
            <p className="mt-1 text-muted">
              <Moment at={at} />
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}
