import { FilterField, FilterForm, FilterSelect } from "@/app/(admin)/admin/_components/filter-form";
import { COMMAND_OPTIONS, MAIL_DELIVERIES, MAIL_STATUSES, type MailQuestion } from "../_view/mail-filter";
import { categoryWords, DELIVERY_WORDS, STATUS_WORDS } from "../_view/mail-words";

interface MailFilterFormProps {
  question: MailQuestion;
  /** Templates that there are mails of. */
  categories: readonly string[];
  providers: readonly string[];
}

const STATUS_OPTIONS = MAIL_STATUSES.map((value) => ({ value, label: STATUS_WORDS[value].label }));
const DELIVERY_OPTIONS = MAIL_DELIVERIES.map((value) => ({ value, label: DELIVERY_WORDS[value].label }));

/** The one that was chosen stands among the others even where nobody knows it. */
function optionsOf(values: readonly string[], chosen: string, label: (value: string) => string) {
  const all = chosen === "" || values.includes(chosen) ? values : [...values, chosen];
  return all.map((value) => ({ value, label: label(value) }));
}

export function MailFilterForm({ question, categories, providers }: MailFilterFormProps) {
  const { fields, errors, part, isFiltered } = question;
  const isCommands = part === "commands";
  return (
    <FilterForm
      label={isCommands ? "Filter commands" : "Filter mails"}
      path="/admin/emails"
      isFiltered={isFiltered}
    >
      {isCommands ? (
        <FilterSelect
          name="kind"
          label="Command"
          value={fields.kind}
          anyLabel="Mails instead"
          options={COMMAND_OPTIONS}
        />
      ) : (
        <FilterField
          name="recipient"
          label="Recipient"
          value={fields.recipient}
          placeholder="Address, or its beginning"
          type="search"
        />
      )}
      <FilterSelect
        name="status"
        label="State"
        value={fields.status}
        anyLabel="Any"
        options={STATUS_OPTIONS}
      />
      {isCommands ? null : (
        <>
          <FilterSelect
            name="delivery"
            label="Delivery"
            value={fields.delivery}
            anyLabel="Any"
            options={DELIVERY_OPTIONS}
          />
          <FilterSelect
            name="category"
            label="Template"
            value={fields.category}
            anyLabel="Any"
            options={optionsOf(categories, fields.category, categoryWords)}
          />
        </>
      )}
      <FilterSelect
        name="provider"
        label="Provider"
        value={fields.provider}
        anyLabel="Any"
        options={optionsOf(providers, fields.provider, (provider) => provider)}
      />
      <FilterField
        name="workspace"
        label="Workspace"
        value={fields.workspace}
        error={errors.workspace}
        placeholder="Name or id"
      />
      <FilterField name="message" label="Message’s id" value={fields.message} placeholder="Any id of it" />
      <FilterField
        name="from"
        label="Enqueued since (UTC)"
        value={fields.from}
        error={errors.from}
        type="datetime-local"
      />
      <FilterField
        name="until"
        label="Enqueued before (UTC)"
        value={fields.until}
        error={errors.until}
        type="datetime-local"
      />
    </FilterForm>
  );
}
