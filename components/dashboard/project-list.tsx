import { FolderPlus, Trash2 } from "lucide-react";
import { ConfirmAction } from "@/components/forms/confirm-action";
import { EmptyState } from "@/components/ui/empty-state";
import { formatDate } from "@/lib/billing/format";
import { deleteConfirmation, type Project } from "./project-confirmation";

const SHOWN_AT_FIRST = 10;

function ProjectRows({ projects }: { projects: Project[] }) {
  return (
    <ul className="divide-y">
      {projects.map((project) => (
        <li key={project.id} className="flex min-h-16 items-center justify-between gap-4 py-2">
          <div className="min-w-0">
            <p className="truncate font-medium" title={project.name}>
              {project.name}
            </p>
            <p className="text-sm text-muted tabular-nums">Created {formatDate(project.createdAt)}</p>
          </div>
          <ConfirmAction
            {...deleteConfirmation(project)}
            href={`/dashboard?confirm=delete&project=${project.id}`}
            triggerLabel={`Delete ${project.name}`}
            triggerVariant="quiet"
            trigger={<Trash2 aria-hidden="true" className="size-4 text-muted" />}
          />
        </li>
      ))}
    </ul>
  );
}

/** The newest first; a long list keeps its tail folded away. */
export function ProjectList({ projects }: { projects: Project[] }) {
  if (projects.length === 0) {
    return (
      <EmptyState icon={FolderPlus} title="No projects yet">
        A project is where your work lives. Give the first one a name above.
      </EmptyState>
    );
  }
  const tail = projects.slice(SHOWN_AT_FIRST);
  return (
    <div>
      <ProjectRows projects={projects.slice(0, SHOWN_AT_FIRST)} />
      {tail.length === 0 ? null : (
        <details className="border-t pt-2">
          <summary className="flex min-h-10 items-center text-sm font-medium text-accent underline decoration-accent/40 underline-offset-4 hover:decoration-accent">
            {tail.length} older {tail.length === 1 ? "project" : "projects"}
          </summary>
          <ProjectRows projects={tail} />
        </details>
      )}
    </div>
  );
}
