/** The spans of time that the console shows. */
import type { MetricSpan } from "@/lib/db/call-metrics";

export interface TimeRange {
  /** As it stands in the address. */
  key: "hour" | "day" | "90-days";
  span: MetricSpan;
  label: string;
  /** Of one point of a series, in milliseconds. */
  stepMs: number;
  /** "a minute" */
  perStep: string;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const LAST_HOUR: TimeRange = {
  ...{ key: "hour", span: "hour", label: "Last hour" },
  ...{ stepMs: MINUTE, perStep: "a minute" },
};

export const TIME_RANGES: readonly TimeRange[] = [
  LAST_HOUR,
  {
    ...{ key: "day", span: "day", label: "Last day" },
    ...{ stepMs: 15 * MINUTE, perStep: "a quarter of an hour" },
  },
  { ...{ key: "90-days", span: "quarter", label: "Last 90 days" }, ...{ stepMs: DAY, perStep: "a day" } },
];

/** @param key as it came in the address */
export function timeRange(key: unknown): TimeRange {
  return TIME_RANGES.find((range) => range.key === key) ?? LAST_HOUR;
}
