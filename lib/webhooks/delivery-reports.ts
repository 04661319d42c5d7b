import { db } from "@/lib/db/client";
import { waitingReports } from "@/lib/db/email-reports";
import { addSuppression, type SuppressionReasonName } from "@/lib/db/email-suppressions";
import { toDatabase } from "@/lib/db/enum-names";
import { mergeDelivery, type ReportedMessage } from "@/lib/db/outbox";
import { AppError } from "@/lib/errors/app-error";
import type { DeliveryReport } from "@/lib/integrations/email/port";
import type { HandlerFamily } from "./handler";

/** A report may overtake our own note of the message's id; after this long it is about somebody else's mail. */
const STRANGER_MS = 10 * 60 * 1000;

/** What a type of report means. */
export interface ReportMeaning {
  state: DeliveryReport;
  /** Why its address is written to no more; null where it is nothing of the kind. */
  suppresses?(payload: unknown): SuppressionReasonName | null;
}

/**
 * Handlers of a mail vendor's reports, by its names for them. There is nobody to ask again for why a mail came back:
 * what the vendor has signed is all there is.
 */
export function deliveryHandlersOf(meanings: Readonly<Record<string, ReportMeaning>>): HandlerFamily {
  return {
    types: Object.keys(meanings),
    handle: async ({ provider, objectId: reference, types, receivedAt }, finish) => {
      const states = types.flatMap((type) => meanings[type]?.state ?? []);
      const reasons = reasonsIn(meanings, await waitingReports(provider, reference, types));
      await db().$transaction(async (tx) => {
        let mail: ReportedMessage | null = null;
        for (const state of states) {
          mail = await mergeDelivery(tx, { provider, reference, state: toDatabase(state) });
        }
        if (mail === null && Date.now() - receivedAt.getTime() < STRANGER_MS) {
          throw new AppError("not_found", { userMessage: "This mail is not known here (yet)." });
        }
        if (mail?.recipient) {
          const { id: messageId, mode, recipient: address } = mail;
          for (const reason of reasons) {
            await addSuppression(tx, { mode, address, category: null, reason, provider, messageId });
          }
        }
        await finish(tx, mail?.workspaceId ?? undefined);
      });
    },
  };
}

function reasonsIn(
  meanings: Readonly<Record<string, ReportMeaning>>,
  reports: readonly { type: string; payload: unknown }[],
): Set<SuppressionReasonName> {
  const reasons = reports.map(({ type, payload }) => meanings[type]?.suppresses?.(payload) ?? null);
  return new Set(reasons.filter((reason) => reason !== null));
}
