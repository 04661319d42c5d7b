import type { WireList } from "../wire";
import { invalidRequest, noSuch } from "./api-error";
import type { Params } from "./params";

export interface PageRequest {
  limit: number;
  startingAfter: string | undefined;
  endingBefore: string | undefined;
}

/** Reads `limit` (1 to 100, 10 by default), `starting_after` and `ending_before`. */
export function readPage(params: Params): PageRequest {
  const startingAfter = params.string("starting_after");
  const endingBefore = params.string("ending_before");
  if (startingAfter !== undefined && endingBefore !== undefined) {
    throw invalidRequest(
      "Received both starting_after and ending_before parameters.",
      "parameters_exclusive",
    );
  }
  return { limit: params.integer("limit", { minimum: 1, maximum: 100 }) ?? 10, startingAfter, endingBefore };
}

/**
 * Cuts a page out of `rows`, which come oldest first; pages go newest first. `ending_before` gives the page just before
 * that row, in the same direction. https://docs.stripe.com/api/pagination
 */
export function paginate<T extends { id: string }>(
  rows: readonly T[],
  page: PageRequest,
  url: string,
  kind: string,
): WireList<T> {
  const newestFirst = rows.toReversed();
  const positionOf = (id: string, param: string) => {
    const position = newestFirst.findIndex((row) => row.id === id);
    if (position < 0) throw noSuch(kind, id, param, 400);
    return position;
  };
  if (page.endingBefore !== undefined) {
    const end = positionOf(page.endingBefore, "ending_before");
    const start = Math.max(0, end - page.limit);
    return { object: "list", data: newestFirst.slice(start, end), has_more: start > 0, url };
  }
  const start = page.startingAfter === undefined ? 0 : positionOf(page.startingAfter, "starting_after") + 1;
  const end = start + page.limit;
  return { object: "list", data: newestFirst.slice(start, end), has_more: end < newestFirst.length, url };
}
