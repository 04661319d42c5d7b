import { db } from "@/lib/db/client";
import { toDatabase } from "@/lib/db/enum-names";
import { mergeDelivery } from "@/lib/db/outbox";
import { AppError } from "@/lib/errors/app-error";
import type { DeliveryReport } from "@/lib/integrations/email/port";
import type { HandlerFamily } from "@/lib/webhooks/handler";

/** https://resend.com/docs/dashboard/webhooks/event-types */
const REPORTS: Record<string, DeliveryReport> = {
  "email.sent": "sent",
  "email.delivery_delayed": "delayed",
  "email.delivered": "delivered",
  "email.complained": "complained",
  "email.bounced": "bounced",
  "email.failed": "bounced",
  "email.suppressed": "suppressed",
};

/** A report may overtake our own note of the message's id; after this long it is about somebody else's mail. */
const STRANGER_MS = 10 * 60 * 1000;

export const deliveryHandlers: HandlerFamily = {
  types: Object.keys(REPORTS),
  handle: async (event, finish) => {
    const report = REPORTS[event.type];
    if (!report) throw new Error(`no delivery report for ${event.type}`);
    await db().$transaction(async (tx) => {
      const { known } = await mergeDelivery(tx, {
        provider: event.provider,
        externalId: event.objectId,
        state: toDatabase(report),
      });
      if (!known && Date.now() - event.receivedAt.getTime() < STRANGER_MS) {
        throw new AppError("not_found", { userMessage: "This mail is not known here (yet)." });
      }
      await finish(tx);
    });
  },
};
