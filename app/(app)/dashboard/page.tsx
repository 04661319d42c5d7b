import type { Metadata } from "next";
import type { PageWithSearch } from "@/app/search-params";
import { CreateProjectForm } from "@/components/dashboard/create-project-form";
import { FeaturesCard, SubscriptionCard, UsageCard } from "@/components/dashboard/plan-cards";
import { deleteConfirmation } from "@/components/dashboard/project-confirmation";
import { ProjectLimit } from "@/components/dashboard/project-limit";
import { ProjectList } from "@/components/dashboard/project-list";
import { ConfirmPanel } from "@/components/forms/confirm-panel";
import { SectionCard } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { requireUser } from "@/lib/auth/guards";
import { billingState } from "@/lib/billing/status";
import { getDashboard } from "@/lib/db/dashboard";

export const metadata: Metadata = { title: "Dashboard" };

export default async function DashboardPage({ searchParams }: PageWithSearch) {
  const viewer = await requireUser();
  const query = await searchParams;
  const { subscription, usage, projects } = await getDashboard(viewer.workspaceId);
  const state = billingState(subscription, new Date());
  const limit = state.plan.limits.projects;
  const asked = query.confirm === "delete" ? projects.find(({ id }) => id === query.project) : undefined;
  return (
    <div className="space-y-6">
      <PageHeader title="Dashboard" description={viewer.workspaceName} />
      {asked === undefined ? null : <ConfirmPanel {...deleteConfirmation(asked)} keepHref="/dashboard" />}
      <div className="grid gap-6 md:grid-cols-2 lg:grid-cols-3">
        <SubscriptionCard subscription={subscription} state={state} />
        <UsageCard usage={usage} plan={state.plan} />
        <div className="md:col-span-2 lg:col-span-1 lg:*:h-full">
          <FeaturesCard plan={state.plan} />
        </div>
      </div>
      <SectionCard id="projects" title="Projects">
        <div className="space-y-6">
          {limit !== null && usage.projects >= limit ? (
            <ProjectLimit plan={state.plan} used={usage.projects} limit={limit} />
          ) : (
            <CreateProjectForm />
          )}
          <ProjectList projects={projects} />
        </div>
      </SectionCard>
    </div>
  );
}
