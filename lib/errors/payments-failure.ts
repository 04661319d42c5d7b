/** What a failure of the payments vendor means for the person who asked for something. Pure. */
import { type IntegrationError, type IntegrationErrorKind, isIntegrationError } from "./integration-error";

/** What was asked for, where it certainly has not happened: what the person may rely on. */
const ASSURANCE = {
  /** Opening a payment page charges nobody. */
  checkout: "You have not been charged.",
  /** A page was given out before, and whoever asks may have paid there. */
  checkout_again: "Nothing new was charged; if you have just paid, it will show here.",
  change: "Nothing was changed, and you have not been charged.",
  portal: "Your card and invoices are as they were.",
} as const;

export type PaymentsRequest = keyof typeof ASSURANCE;

/** The vendor is not there for us, whatever of it: trying again later can help, and nothing else does. */
const AWAY: ReadonlySet<IntegrationErrorKind> = new Set([
  "rate_limited",
  "credentials_rejected",
  "timeout",
  "unavailable",
  "circuit_open",
  "aborted",
  "unknown",
]);

function words(error: IntegrationError, request: PaymentsRequest): string {
  const what = AWAY.has(error.kind) ? "Payments are not available right now." : error.userMessage;
  return `${what} ${ASSURANCE[request]}`;
}

/**
 * The failure in words that fit the request; anything but a vendor's failure is handed back as it is. For a change: only
 * where it certainly has not taken effect.
 */
export function explainPaymentsFailure(error: unknown, request: PaymentsRequest): unknown {
  return isIntegrationError(error) ? error.inWords(words(error, request)) : error;
}
