/**
 * Sweeps what the vendor lists, a page a step: compares it with our copies, finds copies that it lists no more, and has
 * repaired what still differs after a moment in which a webhook may have brought it.
 */
import { findAwaitedObjects, markListed, walkUnlisted } from "@/lib/db/vendor-copies";
import { isImplausible } from "./compare";
import type { PassRun, PassStep } from "./pass";
import { KEPT_AT_MOST, readState, type Suspect, type SweepState, writeState } from "./sweep-state";
import type { Sweep } from "./sweeps";

export interface SweepOptions {
  /** What changes while it is listed is brought by a webhook within this time (milliseconds). */
  graceMs: number;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Calls to the vendor in one step, one after the other. */
const ASKED_A_STEP = 10;

/** What somebody is about to handle is no drift. */
async function withoutAwaited(suspects: readonly Suspect[]): Promise<Suspect[]> {
  const awaited = await findAwaitedObjects(suspects.map(({ id }) => id));
  return suspects.filter(({ id }) => !awaited.has(id));
}

/** Those that fit, and those that do not. */
function split(kept: readonly Suspect[], more: readonly Suspect[]): [Suspect[], Suspect[]] {
  const room = Math.max(0, KEPT_AT_MOST - kept.length);
  return [[...kept, ...more.slice(0, room)], more.slice(room)];
}

async function list(sweep: Sweep, run: PassRun, state: SweepState): Promise<PassStep> {
  const page = await sweep.readPage(state.after);
  const listed = state.listed + (await markListed(sweep.copies, page.ids));
  const [suspects, tooMany] = split(state.suspects, await withoutAwaited(page.suspects));
  for (const { id } of tooMany) await sweep.requestSync(run.id, id);
  const isOver = page.next === null;
  return {
    cursor: writeState({
      ...{ ...state, listed, suspects, after: page.next },
      phase: isOver ? "unlisted" : "listing",
    }),
    seen: page.ids.length,
    drift: tooMany.length,
    ...{ strangers: page.strangers, requested: tooMany.length, outcome: { kind: "more" } },
  };
}

async function walk(
  sweep: Sweep,
  run: PassRun,
  state: SweepState,
  { now, graceMs }: SweepOptions,
): Promise<PassStep> {
  const { ids, last } = await walkUnlisted(sweep.copies, { since: run.startedAt, after: state.after });
  const marks = await sweep.marks(ids);
  const gone = await withoutAwaited(ids.map((id) => ({ id, mark: marks.get(id) ?? "" })));
  // So many that they cannot be kept wait for the next sweep: they are counted, and not believed at once.
  const [unlisted, tooMany] = split(state.unlisted, gone);
  const next: SweepState = { ...state, unlisted, after: last };
  return {
    cursor: writeState(last === null ? { ...next, phase: "settling", settlesAt: now() + graceMs } : next),
    ...{ seen: 0, drift: tooMany.length, strangers: 0, requested: 0, outcome: { kind: "more" } },
  };
}

async function stillWrong(sweep: Sweep, suspects: readonly Suspect[]): Promise<Suspect[]> {
  const marks = await sweep.marks(suspects.map(({ id }) => id));
  return withoutAwaited(suspects.filter(({ id, mark }) => marks.get(id) === mark));
}

/** What looked wrong and was not written meanwhile is. */
async function settle(
  sweep: Sweep,
  run: PassRun,
  state: SweepState,
  { now }: SweepOptions,
): Promise<PassStep> {
  const waitMs = state.settlesAt - now();
  const isAnybodySuspected = state.suspects.length + state.unlisted.length > 0;
  if (isAnybodySuspected && waitMs > 0) {
    const unchanged = { cursor: writeState(state), seen: 0, drift: 0, strangers: 0, requested: 0 };
    return { ...unchanged, outcome: { kind: "wait", waitMs } };
  }
  const wrong = await stillWrong(sweep, state.suspects);
  for (const { id } of wrong) await sweep.requestSync(run.id, id);
  return {
    cursor: writeState({ ...state, phase: "asking", suspects: [] }),
    ...{ seen: 0, drift: wrong.length, strangers: 0, requested: wrong.length, outcome: { kind: "more" } },
  };
}

/**
 * Asks for some of what the list does not have: a vendor may know what it does not list (objects of its test clocks).
 * What it does not know is gone, unless that is too much to be true.
 */
async function ask(sweep: Sweep, run: PassRun, state: SweepState): Promise<PassStep> {
  const answers = new Map<string, Awaited<ReturnType<Sweep["ask"]>>>();
  for (const { id } of await stillWrong(sweep, state.unlisted.slice(0, ASKED_A_STEP)))
    answers.set(id, await sweep.ask(id));
  const idsWhere = (answer: string) => [...answers].flatMap(([id, given]) => (given === answer ? [id] : []));
  const differing = idsWhere("differs");
  const gone = [...state.gone, ...idsWhere("gone")];
  const unlisted = state.unlisted.slice(ASKED_A_STEP);
  const isOver = unlisted.length === 0;
  const isDoubted = isOver && isImplausible({ unlisted: gone.length, listed: state.listed });
  const repaired = isOver && !isDoubted ? [...differing, ...gone] : differing;
  for (const id of repaired) await sweep.requestSync(run.id, id);
  return {
    cursor: isOver ? null : writeState({ ...state, unlisted, gone }),
    ...{ seen: 0, strangers: 0, requested: repaired.length },
    drift: differing.length + (isOver ? gone.length : 0),
    outcome: isOver ? { kind: "done", doubted: isDoubted ? gone.length : 0 } : { kind: "more" },
  };
}

/** One step of a sweep, from where its row says that it stands. */
export async function sweepStep(sweep: Sweep, run: PassRun, options: SweepOptions): Promise<PassStep> {
  const state = readState(run.cursor);
  switch (state.phase) {
    case "listing":
      return list(sweep, run, state);
    case "unlisted":
      return walk(sweep, run, state, options);
    case "settling":
      return settle(sweep, run, state, options);
    case "asking":
      return ask(sweep, run, state);
  }
}
