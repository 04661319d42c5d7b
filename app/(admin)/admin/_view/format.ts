/** Spans, latencies and shares as operators read them. Times are UTC, so that server and browser agree. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "12 s", "3 min", "2 h", "4 days": one unit, rounded down; never below "0 s". */
export function formatSpan(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  if (span < 2 * DAY) return `${Math.floor(span / HOUR)} h`;
  return `${Math.floor(span / DAY)} days`;
}

/** "now" for the last second, else "12 s ago". */
export function formatAgo(then: Date, now: number): string {
  const span = now - then.getTime();
  return span < SECOND ? "now" : `${formatSpan(span)} ago`;
}

/** What is left until a moment, in seconds and rounded up, so that a countdown ends with "1 s". */
export function secondsUntil(then: Date, now: number): number {
  return Math.max(0, Math.ceil((then.getTime() - now) / SECOND));
}

/** "8.4 ms", "840 ms", "1.24 s"; a dash where there is none. */
export function formatLatency(milliseconds: number | null): string {
  if (milliseconds === null) return "–";
  if (milliseconds === 0) return "0 ms";
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < SECOND) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / SECOND).toFixed(2)} s`;
}

const numbers = new Intl.NumberFormat("en-US");

export function formatCount(count: number): string {
  return numbers.format(count);
}

/** "12.5 %"; what is not nothing is never shown as nothing. */
export function formatShare(part: number, whole: number): string {
  if (part === 0 || whole === 0) return "0 %";
  const percent = (part / whole) * 100;
  if (percent < 0.1) return "< 0.1 %";
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** "14:03:07" */
export function formatClock(moment: Date): string {
  return moment.toISOString().slice(11, 19);
}

const days = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", timeZone: "UTC" });

/** "14:03", or "Nov 22" where each step is a day or more. @param at in milliseconds */
export function formatStep(at: number, stepMs: number): string {
  return stepMs < DAY ? formatClock(new Date(at)).slice(0, 5) : days.format(at);
}

/** "Nov 22, 14:03:07" */
export function formatMoment(moment: Date): string {
  return `${days.format(moment)}, ${formatClock(moment)}`;
}
