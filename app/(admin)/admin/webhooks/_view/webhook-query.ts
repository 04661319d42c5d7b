/** The list's filters, as they stand in the address: for the form, for the statement, and for the links that keep them. */

import { type SearchParams, textOf } from "@/app/(admin)/admin/_view/keyset";
import type { WorkspaceMatch } from "@/lib/db/webhook-console";
import type { WebhookFilter, WebhookStatus } from "@/lib/db/webhook-filter";
import { STATUSES } from "./webhook-words";

export const WEBHOOKS_PATH = "/admin/webhooks";

/** As they were typed; empty where nothing was. */
export interface WebhookQuery {
  provider: string;
  type: string;
  status: WebhookStatus | "";
  object: string;
  workspace: string;
  event: string;
  /** UTC, as `<input type="datetime-local">` writes it. */
  from: string;
  to: string;
}

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/;

function isStatus(text: string): text is WebhookStatus {
  return (STATUSES as readonly string[]).includes(text);
}

export function readQuery(query: SearchParams): WebhookQuery {
  const status = textOf(query, "status");
  return {
    provider: textOf(query, "provider"),
    type: textOf(query, "type"),
    status: isStatus(status) ? status : "",
    object: textOf(query, "object"),
    workspace: textOf(query, "workspace"),
    event: textOf(query, "event"),
    from: textOf(query, "from"),
    to: textOf(query, "to"),
  };
}

/** For links that keep the filters. */
export function parametersOf(query: WebhookQuery): Record<string, string> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
}

export function isFiltered(query: WebhookQuery): boolean {
  return Object.values(query).some((value) => value !== "");
}

/** A moment that was typed, in UTC; null for none, undefined for what is not one. */
export function readMoment(text: string): Date | null | undefined {
  if (text === "") return null;
  const moment = MOMENT.test(text) ? new Date(`${text}Z`) : undefined;
  return moment === undefined || Number.isNaN(moment.getTime()) ? undefined : moment;
}

/** What was found of the ids and names that were typed. */
export interface Found {
  /** Null where no event was asked for. */
  eventIds: readonly string[] | null;
  /** Null where no workspace was asked for. */
  workspaces: readonly WorkspaceMatch[] | null;
}

/** What is listed, or what is wrong with what was typed, by field. */
export type Asked =
  | { kind: "filter"; filter: WebhookFilter }
  | { kind: "nothing"; errors: Partial<Record<keyof WebhookQuery, string>> };

export function askedFor(query: WebhookQuery, { eventIds, workspaces }: Found): Asked {
  const [from, to] = [readMoment(query.from), readMoment(query.to)];
  const errors: Partial<Record<keyof WebhookQuery, string>> = {};
  if (from === undefined) errors.from = "Please write a date and a time.";
  if (to === undefined) errors.to = "Please write a date and a time.";
  if (eventIds?.length === 0) errors.event = "There is no event with this id.";
  if (workspaces?.length === 0) errors.workspace = "There is no workspace with this name or id.";
  if (workspaces !== null && workspaces.length > 1) {
    errors.workspace = "Several workspaces have this name: please choose one below.";
  }
  if (from === undefined || to === undefined || Object.keys(errors).length > 0)
    return { kind: "nothing", errors };
  const orNull = (text: string) => (text === "" ? null : text);
  return {
    kind: "filter",
    filter: {
      provider: orNull(query.provider),
      type: orNull(query.type),
      status: query.status === "" ? null : query.status,
      objectId: orNull(query.object),
      workspaceId: workspaces?.[0]?.id ?? null,
      ids: eventIds,
      from,
      // A time without seconds means the whole minute.
      to: to !== null && query.to.length === 16 ? new Date(to.getTime() + 59_999) : to,
    },
  };
}

const FIELD_WORDS: readonly [keyof WebhookFilter, string][] = [
  ["provider", "from"],
  ["type", "of type"],
  ["objectId", "about"],
  ["workspaceId", "of workspace"],
  ["from", "since"],
  ["to", "until"],
];

/** "from stripe, of type invoice.paid": what a set is narrowed to, besides its state; empty for all. */
export function filterWords(filter: unknown): string {
  if (typeof filter !== "object" || filter === null) return "";
  const given: Readonly<Record<string, unknown>> = { ...filter };
  const words = FIELD_WORDS.flatMap(([name, word]) => {
    const value = given[name];
    if (value instanceof Date) return [`${word} ${value.toISOString()}`];
    return typeof value === "string" ? [`${word} ${value}`] : [];
  });
  return words.join(", ");
}
