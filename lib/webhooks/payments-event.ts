import { toDatabase } from "@/lib/db/enum-names";
import type { NewWebhookEvent } from "@/lib/db/webhook-events";
import { payments } from "@/lib/integrations/payments";
import type { PaymentsEvent } from "@/lib/integrations/payments/port";
import { findHandler } from "./registry";

/** A payments event as the inbox keeps it; another mode, account or API version is never processed blindly. */
export function paymentsEventRow(event: PaymentsEvent): NewWebhookEvent {
  return row(event, event.apiVersion === payments().apiVersion);
}

/**
 * The same for an event that was read from the vendor's list. There it stands in the version of the account that made
 * it, not of an endpoint of ours: nothing but its id and type is used. No version says that no webhook has brought it.
 */
export function listedEventRow(event: PaymentsEvent): NewWebhookEvent {
  return { ...row(event, true), apiVersion: null };
}

function row(event: PaymentsEvent, isKnownVersion: boolean): NewWebhookEvent {
  const { scope } = payments();
  const { mode, objectId, ...columns } = event;
  const foreign = mode !== scope.mode || event.account !== scope.account || !isKnownVersion;
  const handled = objectId !== null && findHandler(scope.provider, event.type) !== null;
  return {
    ...columns,
    objectId,
    provider: scope.provider,
    mode: toDatabase(mode),
    status: foreign ? "QUARANTINED" : handled ? "PENDING" : "IGNORED",
  };
}
