import { processSingleton } from "@/lib/process-singleton";

/** Takes this process's turn at something: true at once, and from then on once in `everyMs` at most. */
export function takeTurn(name: string, everyMs: number, now = Date.now()): boolean {
  const turn = processSingleton(`turn:${name}`, () => ({ takenAt: Number.NEGATIVE_INFINITY }));
  // A clock that was set back may not make anybody wait for longer.
  if (Math.abs(now - turn.takenAt) < everyMs) return false;
  turn.takenAt = now;
  return true;
}
