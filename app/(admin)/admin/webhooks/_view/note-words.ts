/** What the audit log says of an event, as lines of before and after. */
import { redactPayload } from "./redact-payload";

const TITLES: Readonly<Record<string, string>> = {
  "webhook.replayed": "Sent back to be handled again",
};

/** "Sent back to be handled again, by Olli Operator", "subscription activated". */
export function noteTitle({ action, actorName }: { action: string; actorName: string | null }): string {
  const title = TITLES[action] ?? action.replaceAll(/[._-]/g, " ");
  return actorName === null ? title : `${title}, by ${actorName}`;
}

export interface Change {
  name: string;
  /** Null where it was not there before, or only one state is noted. */
  before: string | null;
  after: string;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** One value as a line; the log holds ids and states only. */
function say(value: unknown): string {
  if (value === null || value === undefined) return "none";
  return typeof value === "object" ? JSON.stringify(redactPayload(value)) : String(value);
}

function plainName(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

/** Two states: only what differs, and everything where there was nothing before. */
function difference(before: Fields | null, after: Fields | null): Change[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names.flatMap((name) => {
    const [was, is] = [say(before?.[name]), say(after?.[name])];
    if (before !== null && was === is) return [];
    return [{ name: plainName(name), before: before === null ? null : was, after: is }];
  });
}

/** The lines of an entry: its `before` and `after` beside each other, then whatever else it names. */
export function changesOf(detail: unknown): Change[] {
  const { before, after, ...rest } = fieldsOf(detail) ?? {};
  const others = Object.entries(rest).map(([name, value]) => ({
    name: plainName(name),
    before: null,
    after: say(value),
  }));
  return [...difference(fieldsOf(before), fieldsOf(after)), ...others];
}
