import { findHandler } from "@/lib/webhooks/registry";

/** Whether an event of this type would be handled today; what was ignored once may be by now. */
export function isEventHandled(event: { provider: string; type: string; objectId: string | null }): boolean {
  return event.objectId !== null && findHandler(event.provider, event.type) !== null;
}
