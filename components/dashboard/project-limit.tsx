import { LinkButton } from "@/components/ui/link-button";
import { PLANS, type Plan } from "@/lib/billing/plans";

function roomierPlan(plan: Plan): Plan | null {
  const limit = plan.limits.projects;
  if (limit === null) return null;
  return (
    Object.values(PLANS).find(({ limits }) => limits.projects === null || limits.projects > limit) ?? null
  );
}

interface ProjectLimitProps {
  plan: Plan;
  used: number;
  limit: number;
}

/** Instead of the form for a new project once the plan's number is reached: an offer, not an error. */
export function ProjectLimit({ plan, used, limit }: ProjectLimitProps) {
  const roomier = roomierPlan(plan);
  return (
    <div className="flex flex-col gap-4 rounded-lg bg-accent-soft p-4 sm:flex-row sm:items-center sm:justify-between">
      <div className="text-sm">
        <p className="font-medium">
          {used > limit
            ? `You have ${used} projects; ${plan.name} includes ${limit}.`
            : `You use all ${limit} projects of ${plan.name}.`}
        </p>
        <p className="mt-1 text-muted">
          {used > limit ? "All of them stay. " : ""}
          {roomier === null
            ? "Delete one to make room for a new one."
            : `${roomier.name} has room for ${roomier.limits.projects ?? "as many as you like"}.`}
        </p>
      </div>
      {roomier === null ? null : (
        <LinkButton href={`/billing?plan=${roomier.key}#plans`} className="shrink-0">
          See {roomier.name}
        </LinkButton>
      )}
    </div>
  );
}
