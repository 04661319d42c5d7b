import type { Finish } from "@/lib/sync/sync-subscription";

/** What a handler is told: an object to look at, never what the payload claims of it. */
export interface HandledEvent {
  provider: string;
  type: string;
  objectId: string;
  receivedAt: Date;
}

/** Handlers of a family of event types. Convergent: run again, they change nothing. */
export interface HandlerFamily {
  types: readonly string[];
  /** Must call `finish` in the transaction that writes what the event caused. */
  handle(event: HandledEvent, finish: Finish): Promise<void>;
}
