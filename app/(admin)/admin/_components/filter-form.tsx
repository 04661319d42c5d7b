import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { LinkButton } from "@/components/ui/link-button";
import { TextField } from "@/components/ui/text-field";

interface FilterFormProps {
  /** Says what is filtered, for those who cannot see it. */
  label: string;
  /** Of the list: the form leads to the same page with its fields in the address, with or without a script. */
  path: string;
  /** Whether there is something to clear. */
  isFiltered: boolean;
  /** Sent along as hidden inputs. */
  hidden?: Readonly<Record<string, string>>;
  /** `FilterField`s and `FilterSelect`s. */
  children: ReactNode;
}

export function FilterForm({ label, path, isFiltered, hidden = {}, children }: FilterFormProps) {
  return (
    <search>
      <form method="get" action={path} aria-label={label} className="space-y-4">
        {Object.entries(hidden).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <div className="grid grid-cols-2 gap-x-3 gap-y-4 sm:gap-x-4 lg:grid-cols-4">{children}</div>
        <div className="flex flex-wrap gap-2">
          <Button type="submit">Filter</Button>
          {isFiltered ? (
            <LinkButton href={path} variant="secondary">
              Clear all
            </LinkButton>
          ) : null}
        </div>
      </form>
    </search>
  );
}

interface FilterFieldProps {
  name: string;
  label: string;
  /** As it stands in the address. */
  value: string;
  hint?: string;
  error?: string;
  placeholder?: string;
  type?: "text" | "search" | "datetime-local";
  /** Ids of suggestions: a `<datalist>` of the page. */
  list?: string;
}

export function FilterField({ value, type = "text", ...field }: FilterFieldProps) {
  return (
    <TextField
      {...field}
      // The address is the state: another one is another form.
      key={value}
      // A date and a time need the width of a phone.
      className={type === "datetime-local" ? "col-span-2 sm:col-span-1" : "min-w-0"}
      id={`filter-${field.name}`}
      type={type}
      step={type === "datetime-local" ? 1 : undefined}
      defaultValue={value}
      maxLength={200}
      autoComplete="off"
      spellCheck={false}
    />
  );
}

interface FilterSelectProps {
  name: string;
  label: string;
  value: string;
  /** What it says of no choice. */
  anyLabel: string;
  options: readonly { value: string; label: string }[];
}

export function FilterSelect({ name, label, value, anyLabel, options }: FilterSelectProps) {
  const id = `filter-${name}`;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <select
        key={value}
        id={id}
        name={name}
        defaultValue={value}
        className="min-h-11 w-full rounded-lg border border-line-strong bg-surface px-3 text-base text-ink transition-colors focus-visible:outline-offset-0"
      >
        <option value="">{anyLabel}</option>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}
