/** Where a sweep stands between two pages, as its row keeps it. Pure. */
import { z } from "zod";

/** A copy that looked wrong: unless it is written again within a moment, it is. */
export interface Suspect {
  id: string;
  /** As which our copy stood when it was compared; an empty one for a copy that is missing. */
  mark: string;
}

export interface SweepState {
  phase: "listing" | "unlisted" | "settling" | "asking";
  /** Where the list, and then the walk over our copies, goes on; null at its beginning. */
  after: string | null;
  /** Of our copies, how many the vendor has listed so far. */
  listed: number;
  suspects: Suspect[];
  /** Copies that the list does not have, of which the vendor is still to be asked. */
  unlisted: Suspect[];
  /** Of those, the ids that it does not know. */
  gone: string[];
  /** Until when what is on its way may take; milliseconds since 1970. */
  settlesAt: number;
}

/** More than that are not kept: so many are no coincidence, and are counted at once. */
export const KEPT_AT_MOST = 500;

const suspects = z.array(z.tuple([z.string(), z.string()]));
const STORED = z.object({
  phase: z.enum(["listing", "unlisted", "settling", "asking"]),
  after: z.string().nullable(),
  listed: z.number(),
  suspects,
  unlisted: suspects,
  gone: z.array(z.string()),
  settlesAt: z.number(),
});

export const BEGINNING: SweepState = {
  ...{ phase: "listing", after: null, listed: 0, suspects: [], unlisted: [], gone: [], settlesAt: 0 },
};

const stored = (all: readonly Suspect[]) => all.map(({ id, mark }) => [id, mark]);
const restored = (all: z.infer<typeof suspects>) => all.map(([id, mark]): Suspect => ({ id, mark }));

export function writeState(state: SweepState): string {
  return JSON.stringify({
    ...state,
    suspects: stored(state.suspects),
    unlisted: stored(state.unlisted),
  });
}

/** @throws where the text is not one that `writeState` has written */
export function readState(text: string | null): SweepState {
  if (text === null) return BEGINNING;
  const state = STORED.parse(JSON.parse(text));
  return { ...state, suspects: restored(state.suspects), unlisted: restored(state.unlisted) };
}
