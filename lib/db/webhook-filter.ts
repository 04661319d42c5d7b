/**
 * What operators ask of the inbox, as SQL. One condition leads along an index that is in the list's order; the others
 * are looked at row by row, for a bounded number of rows: whatever is asked for, no statement reads the table.
 */
import { Prisma } from "@/prisma/generated/client";
import type { ProviderMode, WebhookEventStatus } from "@/prisma/generated/enums";
import { toDatabase } from "./enum-names";
import type { ListPart } from "./keyset";
import { emailModeColumn, scopeColumns } from "./scope";

export type WebhookStatus = Lowercase<WebhookEventStatus>;

/** States of an event that an operator may send it back from. */
export type ReplayableStatus = Exclude<WebhookStatus, "pending">;

/** Conditions of a list; null where nothing is asked. */
export interface WebhookFilter {
  provider: string | null;
  type: string | null;
  status: WebhookStatus | null;
  objectId: string | null;
  workspaceId: string | null;
  /** Ids of ours; found beforehand by what was typed. */
  ids: readonly string[] | null;
  /** By when they came; both ends are part of it. */
  from: Date | null;
  to: Date | null;
}

export const NO_FILTER: WebhookFilter = {
  ...{ provider: null, type: null, status: null, objectId: null, workspaceId: null },
  ...{ ids: null, from: null, to: null },
};

/** Of all events nearly all are in one of these; the other states are rare, and narrow a list well. */
const COMMON: readonly WebhookStatus[] = ["done", "ignored"];

/** One thing that is asked of a column with an index of its own: (column, received_at, id). */
interface Asked {
  column: "object_id" | "workspace_id" | "status" | "type" | "provider";
  value: Prisma.Sql;
}

/** What is asked, what narrows most first. */
function askedOf({ objectId, workspaceId, status, type, provider }: WebhookFilter): Asked[] {
  const ofStatus: Asked | null =
    status === null
      ? null
      : { column: "status", value: Prisma.sql`${toDatabase(status)}::webhook_event_status` };
  const isRare = status !== null && !COMMON.includes(status);
  const all: (Asked | null)[] = [
    objectId === null ? null : { column: "object_id", value: Prisma.sql`${objectId}::text` },
    workspaceId === null ? null : { column: "workspace_id", value: Prisma.sql`${workspaceId}::uuid` },
    isRare ? ofStatus : null,
    type === null ? null : { column: "type", value: Prisma.sql`${type}::text` },
    provider === null ? null : { column: "provider", value: Prisma.sql`${provider}::text` },
    isRare ? null : ofStatus,
  ];
  return all.filter((asked) => asked !== null);
}

/** How the rows of a filter are looked at. */
export interface Look {
  /** The statement: so many rows along the index, in the list's order. */
  rows(columns: Prisma.Sql, limit: number): Prisma.Sql;
  /** That order, for what goes on with those rows; the columns that it names must be among them. */
  orderBy: Prisma.Sql;
  /** What is still to be asked of each row; null where that is nothing. */
  checked: Prisma.Sql | null;
}

/**
 * Along the index of what narrows most. That column is compared as a range and stands first in the order: so only its
 * own index has the order, and the planner, which knows how common a value is but not when it was, cannot choose to look
 * for it through all of time.
 */
export function lookFor(filter: WebhookFilter, part: ListPart): Look {
  const asked = askedOf(filter);
  const lead = filter.ids === null ? asked[0] : undefined;
  const rest = asked.filter((one) => one !== lead);
  const name = (one: Asked) => Prisma.raw(one.column);
  const key = lead === undefined ? Prisma.sql`received_at, id` : Prisma.sql`${name(lead)}, received_at, id`;
  const place = part.kind === "newest" ? null : part.than;
  const from = place && Prisma.sql`${place.at}::timestamptz, ${place.id}::uuid`;
  const isNewer = part.kind === "newer";
  const conditions = [
    filter.ids === null ? null : Prisma.sql`id = ANY (${[...filter.ids]}::uuid[])`,
    lead && Prisma.sql`${name(lead)} >= ${lead.value} AND ${name(lead)} <= ${lead.value}`,
    from &&
      Prisma.sql`(${key}) ${Prisma.raw(isNewer ? ">" : "<")} (${lead ? Prisma.sql`${lead.value}, ` : Prisma.empty}${from})`,
    filter.from && Prisma.sql`received_at >= ${filter.from}::timestamptz`,
    filter.to && Prisma.sql`received_at <= ${filter.to}::timestamptz`,
  ].filter((condition) => condition !== null && condition !== undefined);
  const direction = Prisma.raw(isNewer ? "ASC" : "DESC");
  const time = Prisma.sql`received_at ${direction}, id ${direction}`;
  const orderBy = lead === undefined ? time : Prisma.sql`${name(lead)} ${direction}, ${time}`;
  const where = conditions.length === 0 ? Prisma.sql`true` : Prisma.join(conditions, " AND ");
  const equal = rest.map((one) => Prisma.sql`${name(one)} = ${one.value}`);
  return {
    rows: (columns, limit) =>
      Prisma.sql`SELECT ${columns} FROM webhook_event WHERE ${where} ORDER BY ${orderBy} LIMIT ${limit}`,
    orderBy,
    checked: equal.length === 0 ? null : Prisma.join(equal, " AND "),
  };
}

/** Where events have to be from for this process to work on them: its modes, and its own account. */
export interface OwnScope {
  provider: string;
  mode: ProviderMode;
  account: string;
  mailMode: ProviderMode;
}

export function ownScope(): OwnScope {
  return { ...scopeColumns(), mailMode: emailModeColumn() };
}

/** Whether an event is one that this process works on: by its mode and account. */
export function isOfOwnScope(event: { provider: string; mode: ProviderMode; account: string }): boolean {
  const { provider, mode, account, mailMode } = ownScope();
  if (event.provider !== provider) return event.mode === mailMode;
  return event.mode === mode && event.account === account;
}

/** The same in a statement about `webhook_event`. */
export function ownScopeSql(): Prisma.Sql {
  const { provider, mode, account, mailMode } = ownScope();
  return Prisma.sql`CASE provider WHEN ${provider} THEN mode = ${mode}::provider_mode AND account = ${account}
                                  ELSE mode = ${mailMode}::provider_mode END`;
}
