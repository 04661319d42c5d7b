/** How a signed request reads: what to believe of it, or why not. */
export type WebhookVerification<Event> =
  /** At least one event: some vendors send several in one request. */
  | { kind: "verified"; events: readonly Event[] }
  | { kind: "invalid"; reason: "signature" | "timestamp" | "body" }
  | { kind: "unconfigured" };

/** Seconds that a signed timestamp may be off, in either direction. */
export const WEBHOOK_TOLERANCE_SECONDS = 300;
