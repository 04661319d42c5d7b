/** What a call to a vendor is, as its adapter declares it. */

/** Reads and writes fail apart: a vendor that cannot take orders can often still be asked. */
export type Effect = "read" | "write";

interface Named {
  /** "<thing>.<verb>", for example "checkout.create". */
  operation: string;
}

/** Changes nothing at the vendor, so it may be asked again. */
export interface ReadCall extends Named {
  effect: "read";
}

/** Done once however often it arrives, because it carries this key each time. */
export interface KeyedWriteCall extends Named {
  effect: "write";
  idempotencyKey: string;
}

/**
 * A write that the vendor cannot recognise when it comes again: attempted once. Any other number does not compile.
 */
export interface UnkeyedWriteCall extends Named {
  effect: "write";
  idempotencyKey: null;
  attempts: 1;
}

export type CallDescription = ReadCall | KeyedWriteCall | UnkeyedWriteCall;

/** Who waits: a person at a screen, or the pump, which comes again by itself. */
export type Origin = "interactive" | "background";

/** What surrounds a call: the request or the piece of work that it serves. */
export interface CallContext {
  origin: Origin;
  /** When the whole action must have answered, in the clock's milliseconds; null for no such moment. */
  deadlineAt: number | null;
  /** Follows one request through action, vendor call, webhook and mail. */
  correlationId: string | null;
  /** Aborts when nobody waits for the answer any more; absent where nobody would say so. */
  signal?: AbortSignal | null;
}

/** The vendor's own count of what may still be asked of it. */
export interface Quota {
  limit: number | null;
  remaining: number;
  /** Milliseconds until it is full again; null where the vendor does not say. */
  resetsInMs: number | null;
}

/** What one attempt is given. */
export interface Attempt {
  /** Aborts at the deadline; must be passed on to the socket. */
  signal: AbortSignal;
  /** From 1. */
  number: number;
  /** Notes what an answer's headers tell; failures carry their request id themselves. */
  observe(seen: { requestId?: string | null; quota?: Quota | null }): void;
}
