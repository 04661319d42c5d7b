/** What surrounds the code that runs: the request or the piece of work that it serves. */
import { AsyncLocalStorage } from "node:async_hooks";
import { correlationIdFrom } from "@/lib/correlation-id";
import { processSingleton } from "@/lib/process-singleton";
import type { CallContext, Origin } from "@/lib/resilience/call";

export interface RequestContext extends CallContext {
  /** The inbox event that is being handled; what is caused by it is written down under it. */
  eventId: string | null;
}

// Next bundles the same module several times; the context must be one.
const storage = processSingleton("request-context", () => new AsyncLocalStorage<RequestContext>());

const NOBODY: RequestContext = {
  origin: "interactive",
  deadlineAt: null,
  correlationId: null,
  eventId: null,
};

/** What surrounds this code; outside of everything an interactive caller without a deadline. */
export function requestContext(): RequestContext {
  return storage.getStore() ?? NOBODY;
}

/**
 * Runs `work` as one request or one piece of work.
 * @param options.overallMs within which all of its vendor calls together must have ended
 * @param options.correlationId of the request that caused it, if there is one
 * @param options.eventId the inbox event that is handled
 */
export function withRequestContext<T>(
  options: { origin: Origin; overallMs?: number; correlationId?: string | null; eventId?: string | null },
  work: () => T,
): T {
  const { origin, overallMs, correlationId, eventId = null } = options;
  return storage.run(
    {
      origin,
      deadlineAt: overallMs === undefined ? null : Date.now() + overallMs,
      correlationId: correlationIdFrom(correlationId),
      eventId,
    },
    work,
  );
}
