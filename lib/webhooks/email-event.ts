import { toDatabase } from "@/lib/db/enum-names";
import type { NewWebhookEvent } from "@/lib/db/webhook-events";
import type { EmailEvent, EmailProvider } from "@/lib/integrations/email/port";
import { findHandler } from "./registry";

/** How a mail vendor's event is kept in the inbox. */
export function emailEventRowOf({
  id,
  configuration,
}: EmailProvider): (event: EmailEvent) => NewWebhookEvent {
  return ({ externalId, type, occurredAt, messageId, key, payload }) => {
    // Our own name for the mail where there is one: it is known before the vendor's id is, and never lost.
    const objectId = key ?? messageId;
    const handled = objectId !== null && findHandler(id, type) !== null;
    return {
      provider: id,
      account: "",
      externalId,
      type,
      mode: toDatabase(configuration.mode),
      apiVersion: null,
      objectId,
      payload,
      operationId: null,
      occurredAt,
      status: handled ? "PENDING" : "IGNORED",
    };
  };
}
