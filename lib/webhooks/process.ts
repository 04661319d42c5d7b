import {
  claimWebhookEvents,
  completeWebhookEvent,
  type LeasedWebhookEvent,
  rescheduleWebhookEvent,
} from "@/lib/db/webhook-events";
import { AppError } from "@/lib/errors/app-error";
import { outboxSource } from "@/lib/outbox/deliver";
import { createPump, type WorkSource, workFrom } from "@/lib/pump/pump";
import { findHandler } from "./registry";

const inboxSource: WorkSource<LeasedWebhookEvent> = {
  name: "inbox",
  claim: claimWebhookEvents,
  bornAt: (event) => event.receivedAt,
  process: async (event) => {
    const handler = findHandler(event.provider, event.type);
    if (!handler || !event.objectId) {
      throw new AppError("internal", {
        userMessage: "This event cannot be handled.",
        logMessage: `no handler for ${event.provider} ${event.type}`,
      });
    }
    await handler.handle({ ...event, objectId: event.objectId }, (tx) => completeWebhookEvent(tx, event));
  },
  reschedule: rescheduleWebhookEvent,
};

/** Events first: they cause mails, which the same run then delivers. */
export const pump = createPump([workFrom(inboxSource), workFrom(outboxSource)]);
