import { isIntegrationError } from "@/lib/errors/integration-error";

const PAGE_SIZE = 100;

interface Listed {
  id: string;
  /** Unix seconds. */
  created: number;
}

/** What a list is asked for; `created` bounds it from above where the object to start after is gone. */
export interface PageParams {
  limit: number;
  starting_after?: string;
  created?: { lte?: number; gte?: number };
}

/**
 * One page of a vendor's list, newest first. The cursor names the last object seen and when it was made: should that
 * object be gone by now, the list goes on from its second, and shows again what else was made in it.
 * @param since unix seconds; null for everything
 */
export async function readPage<T extends Listed>(
  cursor: string | null,
  since: number | null,
  list: (params: PageParams) => Promise<{ data: T[]; has_more: boolean }>,
): Promise<{ data: T[]; next: string | null }> {
  const from = since === null ? {} : { gte: since };
  const place = placeOf(cursor);
  const ask = (created: PageParams["created"], after: { starting_after?: string }) =>
    list({ limit: PAGE_SIZE, ...after, ...(Object.keys(created ?? {}).length > 0 ? { created } : {}) });
  const page = await ask(from, place ? { starting_after: place.id } : {}).catch((error: unknown) => {
    const isGone = isIntegrationError(error) && error.kind === "not_found";
    if (!place || !isGone) throw error;
    return ask({ ...from, lte: place.created }, {});
  });
  const last = page.data.at(-1);
  return { data: page.data, next: page.has_more && last ? `${last.created}:${last.id}` : null };
}

/**
 * What each of a page's objects is in our words. One that has none (the vendor has added a value to an enum) keeps
 * nobody from the others: it is named instead.
 */
export function mapReadable<T extends Listed, U>(
  data: readonly T[],
  map: (one: T) => U,
): { items: U[]; unreadable: string[] } {
  const items: U[] = [];
  const unreadable: string[] = [];
  for (const one of data) {
    try {
      items.push(map(one));
    } catch (error) {
      if (!isIntegrationError(error)) throw error;
      unreadable.push(one.id);
    }
  }
  return { items, unreadable };
}

function placeOf(cursor: string | null): { created: number; id: string } | null {
  if (cursor === null) return null;
  const [, created, id] = /^(\d+):(.+)$/.exec(cursor) ?? [];
  if (created === undefined || id === undefined) throw new Error(`not a cursor of a list: ${cursor}`);
  return { created: Number(created), id };
}
