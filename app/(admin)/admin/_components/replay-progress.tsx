import { Badge } from "@/components/ui/badge";
import { SectionCard } from "@/components/ui/card";
import type { ReplayJobView } from "@/lib/db/replay-jobs";
import { formatAgo, formatCount, formatMoment } from "../_view/format";

interface ReplayProgressProps {
  jobs: readonly ReplayJobView[];
  /** "events", "mails" */
  things: string;
  /** What the set was narrowed to; empty for nothing. */
  describe: (filter: unknown) => string;
  /** In milliseconds. */
  now: number;
}

function JobRow({ job, things, describe, now }: Omit<ReplayProgressProps, "jobs"> & { job: ReplayJobView }) {
  const { replayed, reachedAt, createdAt, finishedAt, actorName, error } = job;
  const narrowed = describe(job.filter);
  return (
    <li className="flex flex-col gap-2 py-4 first:pt-0 last:pb-0 sm:flex-row sm:gap-4">
      <div className="sm:w-28 sm:shrink-0">
        {error === null ? (
          <Badge tone={finishedAt === null ? "neutral" : "positive"}>
            {finishedAt === null ? "Going on" : "Finished"}
          </Badge>
        ) : (
          <Badge tone="critical">Given up</Badge>
        )}
      </div>
      <div className="min-w-0 text-sm">
        <p className="break-words tabular-nums">
          {formatCount(replayed)} {things} replayed{narrowed === "" ? "" : ` (${narrowed})`}
          {finishedAt === null && reachedAt !== null ? `, back to ${formatMoment(reachedAt)}` : ""}
        </p>
        <p className="mt-1 text-muted tabular-nums">
          {actorName === null ? "Asked for" : `${actorName} asked for it`} {formatAgo(createdAt, now)}
          {finishedAt === null
            ? ""
            : `; ${error === null ? "finished" : "ended"} ${formatAgo(finishedAt, now)}`}
        </p>
        {error === null ? null : (
          <p className="mt-1 break-words">
            It kept failing for an hour: {error}. What is left can be replayed anew.
          </p>
        )}
      </div>
    </li>
  );
}

/** Sets that are done again right now, or were within a day; nothing where there are none. */
export function ReplayProgress({ jobs, ...rest }: ReplayProgressProps) {
  if (jobs.length === 0) return null;
  return (
    <SectionCard
      id="replays"
      title="Replays"
      description="Worked off in the background, so that what is new does not wait; of the last day."
    >
      <ul className="divide-y" aria-live="polite">
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} {...rest} />
        ))}
      </ul>
    </SectionCard>
  );
}
