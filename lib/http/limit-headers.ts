/** What vendors say of limits, in the forms that several of them share. */

/** A header that holds a whole number, not negative; null where absent or in another form. */
export function wholeNumber(headers: Headers, name: string): number | null {
  const value = headers.get(name)?.trim() ?? "";
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}

/** "Wed, 21 Oct 2026 07:28:00 GMT": the one form of a date that is still to be sent (RFC 9110, 5.6.7). */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * `Retry-After`, in seconds or as a date, as milliseconds from `now` (milliseconds since the epoch); 0 for a date that
 * has passed, null where absent or in another form.
 */
export function retryAfterMs(headers: Headers, now: number): number | null {
  const seconds = wholeNumber(headers, "retry-after");
  if (seconds !== null) return seconds * 1000;
  const value = headers.get("retry-after")?.trim() ?? "";
  const moment = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(moment) ? null : Math.max(0, moment - now);
}
