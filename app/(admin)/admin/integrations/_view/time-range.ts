/** The two spans of time that the console shows: the last hour by the minute, the last day by the quarter of an hour. */
export interface TimeRange {
  key: "hour" | "day";
  hours: 1 | 24;
  label: string;
  /** Of one point of a series, in milliseconds. */
  stepMs: number;
  /** "a minute" */
  perStep: string;
}

const HOUR: TimeRange = { key: "hour", hours: 1, label: "Last hour", stepMs: 60_000, perStep: "a minute" };
const DAY: TimeRange = {
  key: "day",
  hours: 24,
  label: "Last day",
  stepMs: 15 * 60_000,
  perStep: "a quarter of an hour",
};

export const TIME_RANGES: readonly TimeRange[] = [HOUR, DAY];

/** @param key as it came in the address */
export function timeRange(key: unknown): TimeRange {
  return key === DAY.key ? DAY : HOUR;
}
