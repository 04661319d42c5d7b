import { emailModeColumn } from "@/lib/db/scope";
import type { NewWebhookEvent } from "@/lib/db/webhook-events";
import { email } from "@/lib/integrations/email";
import type { EmailEvent } from "@/lib/integrations/email/port";
import { findHandler } from "./registry";

/** A mail vendor's event as the inbox keeps it. */
export function emailEventRow(event: EmailEvent): NewWebhookEvent {
  const provider = email().id;
  const handled = event.messageId !== null && findHandler(provider, event.type) !== null;
  return {
    provider,
    account: "",
    externalId: event.externalId,
    type: event.type,
    mode: emailModeColumn(),
    apiVersion: null,
    objectId: event.messageId,
    payload: event.payload,
    occurredAt: event.occurredAt,
    status: handled ? "PENDING" : "IGNORED",
  };
}
