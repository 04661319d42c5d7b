import type { Finish } from "@/lib/sync/finish";

/** What a handler is told: an object to look at, never what the payloads claim of it. */
export interface HandledEvents {
  provider: string;
  objectId: string;
  /** Of the events that are due for this object and this family, each once. */
  types: readonly string[];
  /** When the first of them came. */
  receivedAt: Date;
}

/** Handlers of a family of event types. Convergent: run again, they change nothing. */
export interface HandlerFamily {
  types: readonly string[];
  /** Must call `finish` in the transaction that writes what the event caused. */
  handle(events: HandledEvents, finish: Finish): Promise<void>;
}
