/** Calendar arithmetic of billing periods, in UTC and whole seconds. */
import type { Price } from "../wire";

const DAY = 24 * 3600;

const LONGEST_DAYS = new Map<string, number>(Object.entries({ day: 1, week: 7, month: 31, year: 366 }));

type Recurring = NonNullable<Price["recurring"]>;

/**
 * The end of the period that holds `at`: the first boundary after it, counted from `anchor`, so that a subscription of
 * 31 January renews on 28 February and again on 31 March.
 * https://docs.stripe.com/billing/subscriptions/billing-cycle
 */
export function periodEndAfter(at: number, anchor: number, recurring: Recurring): number {
  // No period is longer, so the count never starts too late.
  let count = Math.max(0, Math.floor((at - anchor) / longestPeriod(recurring)));
  while (boundary(anchor, recurring, count) <= at) count += 1;
  return boundary(anchor, recurring, count);
}

/** Seconds of the longest period that there can be: a month of 31 days, a leap year. */
export function longestPeriod({ interval, interval_count }: Recurring): number {
  return (LONGEST_DAYS.get(interval) ?? 366) * DAY * interval_count;
}

function boundary(anchor: number, { interval, interval_count }: Recurring, count: number): number {
  const steps = interval_count * count;
  if (interval === "day") return anchor + steps * DAY;
  if (interval === "week") return anchor + steps * 7 * DAY;
  return addMonths(anchor, interval === "year" ? steps * 12 : steps);
}

/** Keeps the time of day; a day that the month does not have becomes its last. */
function addMonths(anchor: number, months: number): number {
  const date = new Date(anchor * 1000);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return Math.floor(date.getTime() / 1000);
}

export function haveSameInterval(left: Price, right: Price): boolean {
  return (
    left.recurring?.interval === right.recurring?.interval &&
    left.recurring?.interval_count === right.recurring?.interval_count
  );
}
