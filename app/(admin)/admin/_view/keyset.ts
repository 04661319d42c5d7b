/** Where a list is being read, as it stands in the address: pages are found by a place, not by a number. */
import type { ListPart, Place } from "@/lib/db/keyset";

export type SearchParams = Readonly<Record<string, string | string[] | undefined>>;

const PLACE = /^(\d{1,15})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

export function writePlace({ at, id }: Place): string {
  return `${at.getTime()}_${id}`;
}

function readPlace(text: unknown): Place | null {
  const [, milliseconds, id] = (typeof text === "string" && PLACE.exec(text)) || [];
  if (milliseconds === undefined || id === undefined) return null;
  const at = new Date(Number(milliseconds));
  return Number.isNaN(at.getTime()) ? null : { at, id };
}

/** What `?older=` or `?newer=` asks for; the newest where they say nothing that can be read. */
export function listPart(query: SearchParams): ListPart {
  const older = readPlace(query.older);
  if (older !== null) return { kind: "older", than: older };
  const newer = readPlace(query.newer);
  return newer === null ? { kind: "newest" } : { kind: "newer", than: newer };
}

/** An address with these parameters; what is null, undefined or empty is left out. */
export function addressOf(
  path: string,
  parameters: Readonly<Record<string, string | null | undefined>>,
): string {
  const given = Object.entries(parameters).flatMap(([name, value]) => (value ? [[name, value]] : []));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/** One parameter as a trimmed text; empty where it is missing or given twice. */
export function textOf(query: SearchParams, name: string): string {
  const value = query[name];
  return typeof value === "string" ? value.trim() : "";
}

const MOST_COUNTED = 99;

/** "7", "99+": counts are bounded, because nobody needs to know, and a table of millions would have to be read. */
export function boundedCount(count: number): string {
  return count > MOST_COUNTED ? `${MOST_COUNTED}+` : String(count);
}
