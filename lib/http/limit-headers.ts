/** What vendors say of limits, in the forms that several of them share. */

/** A header that holds a whole number, not negative; null where absent or in another form. */
export function wholeNumber(headers: Headers, name: string): number | null {
  const value = headers.get(name)?.trim() ?? "";
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}

/** `Retry-After` in its form of seconds, as milliseconds; null where absent or a date. */
export function retryAfterMs(headers: Headers): number | null {
  const seconds = wholeNumber(headers, "retry-after");
  return seconds === null ? null : seconds * 1000;
}
