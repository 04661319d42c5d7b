/** The days behind us, for the status page's bars. A day is one of UTC, so that it has 24 hours everywhere. Pure. */
import type { ServiceLevel } from "./capabilities";
import { type Interval, intersection, union } from "./intervals";
import type { Trouble } from "./trouble";

export const HISTORY_DAYS = 90;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export interface Day {
  /** "2026-11-22" */
  date: string;
  /** The worst of the day; "no_data" for a day before anything was recorded. */
  level: ServiceLevel | "no_data";
  /** Not operational, rounded up. */
  minutes: number;
}

/** When the first day of the history begins. */
export function historyStart(now: Date): Date {
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  return new Date(today - (HISTORY_DAYS - 1) * DAY_MS);
}

function total(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Oldest first, today last. `recordedSince` is null where nothing is recorded yet. */
export function dailyHistory(
  { degraded, down }: Trouble,
  { now, recordedSince }: { now: Date; recordedSince: Date | null },
): Day[] {
  const start = historyStart(now).getTime();
  const all = union([...degraded, ...down]);
  return Array.from({ length: HISTORY_DAYS }, (_, index) => {
    const from = start + index * DAY_MS;
    const day = [{ from, to: Math.min(from + DAY_MS, now.getTime()) }];
    const troubledMs = total(intersection(all, day));
    const isRecorded = recordedSince !== null && recordedSince.getTime() < from + DAY_MS;
    const level =
      total(intersection(down, day)) > 0
        ? "down"
        : troubledMs > 0
          ? "degraded"
          : isRecorded
            ? "operational"
            : "no_data";
    return {
      date: new Date(from).toISOString().slice(0, 10),
      level,
      minutes: Math.ceil(troubledMs / MINUTE_MS),
    };
  });
}
