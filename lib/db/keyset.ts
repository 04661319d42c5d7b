/**
 * Lists that are read newest first from a place on: fast at any size, because an index in their order leads there, and
 * nobody counts.
 */
import { Prisma } from "@/prisma/generated/client";

/** Of a row in its list. */
export interface Place {
  at: Date;
  id: string;
}

/** The part of a list that is asked for. */
export type ListPart = { kind: "newest" } | { kind: "older"; than: Place } | { kind: "newer"; than: Place };

export interface ListPage<Row> {
  /** Newest first. */
  rows: Row[];
  /** Null where nothing is newer than what is listed. */
  newerThan: Place | null;
  /** Null where nothing is older. */
  olderThan: Place | null;
}

/** The parts of a statement that depend on the part of the list; `at` is the name of the column that it goes by. */
export interface KeysetSql {
  /** Of a WHERE, to be joined by AND. */
  where: Prisma.Sql;
  orderBy: Prisma.Sql;
  /** One more than a page, to know whether there is another one. */
  limit: number;
}

const WORDS = {
  received_at: Prisma.raw("received_at"),
  created_at: Prisma.raw("created_at"),
} as const;

export type KeysetColumn = keyof typeof WORDS;

export function keysetSql(column: KeysetColumn, part: ListPart, pageSize: number): KeysetSql {
  const at = WORDS[column];
  const limit = pageSize + 1;
  const newestFirst = Prisma.sql`${at} DESC, id DESC`;
  switch (part.kind) {
    case "newest":
      return { where: Prisma.sql`true`, orderBy: newestFirst, limit };
    case "older": {
      const where = Prisma.sql`(${at}, id) < (${part.than.at}::timestamptz, ${part.than.id}::uuid)`;
      return { where, orderBy: newestFirst, limit };
    }
    case "newer": {
      const where = Prisma.sql`(${at}, id) > (${part.than.at}::timestamptz, ${part.than.id}::uuid)`;
      return { where, orderBy: Prisma.sql`${at} ASC, id ASC`, limit };
    }
    default:
      return part satisfies never;
  }
}

/** A page of what such a statement has found. `placeOf` names the columns that the list goes by. */
export function toListPage<Row>(
  found: readonly Row[],
  part: ListPart,
  pageSize: number,
  placeOf: (row: Row) => Place,
): ListPage<Row> {
  const isMore = found.length > pageSize;
  const rows = found.slice(0, pageSize);
  if (part.kind === "newer") rows.reverse();
  const [first, last] = [rows[0], rows.at(-1)];
  // Whoever came from somewhere can go back there, even where it is gone meanwhile.
  const isNewer = part.kind === "older" || (part.kind === "newer" && isMore);
  const isOlder = part.kind === "newer" || isMore;
  if (first === undefined || last === undefined) {
    return {
      rows: [],
      newerThan: part.kind === "older" ? part.than : null,
      olderThan: part.kind === "newer" ? part.than : null,
    };
  }
  return { rows, newerThan: isNewer ? placeOf(first) : null, olderThan: isOlder ? placeOf(last) : null };
}
