import {
  claimWebhookEvents,
  completeWebhookEvent,
  type LeasedWebhookEvent,
  quarantineWebhookEvent,
  rescheduleWebhookEvent,
} from "@/lib/db/webhook-events";
import { AppError, isAppError } from "@/lib/errors/app-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { logger } from "@/lib/logger";
import { outboxSource } from "@/lib/outbox/deliver";
import { createPump, type WorkSource, workFrom } from "@/lib/pump/pump";
import { findHandler } from "./registry";

/** An object's owner may be written a moment after its event; after this long it belongs to somebody else. */
const STRANGER_MS = 60 * 60 * 1000;

/** Says whether an event is about something of another product of the same vendor account. */
function isStranger(event: LeasedWebhookEvent, error: unknown): boolean {
  const isUnknown = isAppError(error) && !isIntegrationError(error) && error.code === "not_found";
  return isUnknown && Date.now() - event.receivedAt.getTime() > STRANGER_MS;
}

const inboxSource: WorkSource<LeasedWebhookEvent> = {
  name: "inbox",
  claim: claimWebhookEvents,
  bornAt: (event) => event.receivedAt,
  correlationId: (event) => event.correlationId,
  process: async (event) => {
    const handler = findHandler(event.provider, event.type);
    if (!handler || !event.objectId) {
      throw new AppError("internal", {
        userMessage: "This event cannot be handled.",
        logMessage: `no handler for ${event.provider} ${event.type}`,
      });
    }
    try {
      const { provider, type, objectId, receivedAt } = event;
      await handler.handle({ provider, objectId, types: [type], receivedAt }, (tx) =>
        completeWebhookEvent(tx, event),
      );
    } catch (error) {
      if (!isStranger(event, error)) throw error;
      logger.error(
        { provider: event.provider, type: event.type, id: event.id },
        "webhook quarantined: not ours",
      );
      await quarantineWebhookEvent(event, "about an object that is not ours");
    }
  },
  reschedule: rescheduleWebhookEvent,
};

/** Events first: they cause mails, which the same run then delivers. */
export const pump = createPump([workFrom(inboxSource), workFrom(outboxSource)]);
