import { db } from "@/lib/db/client";
import { toDatabase } from "@/lib/db/enum-names";
import { mergeDelivery } from "@/lib/db/outbox";
import { AppError } from "@/lib/errors/app-error";
import type { DeliveryReport } from "@/lib/integrations/email/port";
import type { HandlerFamily } from "./handler";

/** A report may overtake our own note of the message's id; after this long it is about somebody else's mail. */
const STRANGER_MS = 10 * 60 * 1000;

/** Handlers of a mail vendor's reports, by its names for them. */
export function deliveryHandlersOf(reports: Readonly<Record<string, DeliveryReport>>): HandlerFamily {
  return {
    types: Object.keys(reports),
    handle: async ({ provider, objectId: reference, types, receivedAt }, finish) => {
      const reported = types.flatMap((type) => reports[type] ?? []);
      await db().$transaction(async (tx) => {
        for (const report of reported) {
          const { known } = await mergeDelivery(tx, { provider, reference, state: toDatabase(report) });
          if (!known && Date.now() - receivedAt.getTime() < STRANGER_MS) {
            throw new AppError("not_found", { userMessage: "This mail is not known here (yet)." });
          }
        }
        await finish(tx);
      });
    },
  };
}
