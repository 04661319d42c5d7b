/** The id that follows one request through action, vendor call, webhook and mail, and into the log. */
import { isUuid } from "./uuid";

/** Set on the request by middleware, and echoed on the answer. */
export const CORRELATION_HEADER = "x-correlation-id";

/** Taken from outside only where it is a UUID: it is written into logs and tables. */
export function correlationIdFrom(given: string | null | undefined): string {
  return given && isUuid(given) ? given.toLowerCase() : crypto.randomUUID();
}

/** What a person is shown of it: short enough to be read out, and a search for it in the log finds the whole. */
export function referenceOf(correlationId: string): string {
  return correlationId.slice(0, 8);
}
