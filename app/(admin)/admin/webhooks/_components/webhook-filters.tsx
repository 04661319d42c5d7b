import { FilterField, FilterForm, FilterSelect } from "@/app/(admin)/admin/_components/filter-form";
import { addressOf } from "@/app/(admin)/admin/_view/keyset";
import type { KnownWords, WorkspaceMatch } from "@/lib/db/webhook-console";
import { isFiltered, parametersOf, WEBHOOKS_PATH, type WebhookQuery } from "../_view/webhook-query";
import { STATUSES, statusWords } from "../_view/webhook-words";

interface WebhookFiltersProps {
  query: WebhookQuery;
  errors: Partial<Record<keyof WebhookQuery, string>>;
  known: KnownWords;
  /** To choose from where a name means several. */
  workspaces: readonly WorkspaceMatch[];
}

/** A word that is filtered by stands in its list even where nothing of it has come. */
function optionsOf(words: readonly string[], chosen: string) {
  const all = chosen === "" || words.includes(chosen) ? words : [chosen, ...words];
  return all.map((word) => ({ value: word, label: word }));
}

export function WebhookFilters({ query, errors, known, workspaces }: WebhookFiltersProps) {
  return (
    <div className="space-y-4">
      <FilterForm label="Filter events" path={WEBHOOKS_PATH} isFiltered={isFiltered(query)}>
        <FilterSelect
          name="provider"
          label="Provider"
          value={query.provider}
          anyLabel="Any"
          options={optionsOf(known.providers, query.provider)}
        />
        <FilterSelect
          name="type"
          label="Type"
          value={query.type}
          anyLabel="Any"
          options={optionsOf(known.types, query.type)}
        />
        <FilterSelect
          name="status"
          label="State"
          value={query.status}
          anyLabel="Any"
          options={STATUSES.map((status) => ({ value: status, label: statusWords(status).label }))}
        />
        <FilterField name="object" label="Object's id" value={query.object} placeholder="sub_…" />
        <FilterField
          name="workspace"
          label="Workspace"
          value={query.workspace}
          placeholder="Name or id"
          error={errors.workspace}
        />
        <FilterField
          name="event"
          label="Event's id"
          value={query.event}
          placeholder="evt_… or ours"
          error={errors.event}
        />
        <FilterField
          name="from"
          label="Came since (UTC)"
          type="datetime-local"
          value={query.from}
          error={errors.from}
        />
        <FilterField
          name="to"
          label="Came until (UTC)"
          type="datetime-local"
          value={query.to}
          error={errors.to}
        />
      </FilterForm>
      {workspaces.length > 1 ? (
        <ul className="flex flex-col gap-2 text-sm">
          {workspaces.map(({ id, name }) => (
            <li key={id}>
              <a
                href={addressOf(WEBHOOKS_PATH, { ...parametersOf(query), workspace: id })}
                className="font-medium break-all text-accent underline decoration-accent/40 underline-offset-4 hover:decoration-accent"
              >
                {name} <span className="font-mono font-normal">{id}</span>
              </a>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
