/**
 * The kernel's store with its rows held as objects. The kernel keeps text, which is right for durability; but parsing a
 * whole collection for every look would make each call slower as the account grows.
 */
import type { SandboxStore } from "@/lib/sandbox/kernel/types";

/** Rows are shared by all who read them, and frozen: a change has to be a new row. */
export function createCachedStore(store: SandboxStore) {
  const collections = new Map<string, Map<string, unknown>>();

  const rowsOf = (name: string): Map<string, unknown> => {
    const known = collections.get(name);
    if (known) return known;
    const rows = store.list<{ id: string }>(name);
    const loaded = new Map<string, unknown>(rows.map((row) => [row.id, deepFreeze(row)]));
    collections.set(name, loaded);
    return loaded;
  };

  return {
    get: <T>(name: string, id: string) => rowsOf(name).get(id) as T | undefined,

    /** Gives back the row as a restart would read it, so that nothing depends on whether there was one. */
    put<T extends { id: string }>(name: string, id: string, row: T): T {
      const rows = rowsOf(name);
      store.put(name, id, row);
      const kept = store.get<T>(name, id);
      if (!kept) throw new Error(`The sandbox has lost ${name}/${id}.`);
      rows.set(id, deepFreeze(kept));
      return kept;
    },

    /** Keeps the row as it is given: cheaper, for one whose parts are rows of this store already. */
    putFrozen<T extends { id: string }>(name: string, id: string, row: T): void {
      const rows = rowsOf(name);
      store.put(name, id, row);
      rows.set(id, deepFreeze(row));
    },

    delete(name: string, id: string): void {
      rowsOf(name).delete(id);
      store.delete(name, id);
    },

    /** Oldest first. */
    list: <T>(name: string) => [...rowsOf(name).values()] as T[],

    /** The ids of the `count` oldest. */
    oldest(name: string, count: number): string[] {
      const ids: string[] = [];
      for (const id of rowsOf(name).keys()) {
        if (ids.length === count) break;
        ids.push(id);
      }
      return ids;
    },

    size: (name: string) => rowsOf(name).size,

    /** To be called when the store below was emptied by someone else. */
    forget: () => collections.clear(),
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const entry of Object.values(value)) deepFreeze(entry);
  return Object.freeze(value);
}
