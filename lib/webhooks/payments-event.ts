import { toDatabase } from "@/lib/db/enum-names";
import type { NewWebhookEvent } from "@/lib/db/webhook-events";
import { payments } from "@/lib/integrations/payments";
import type { PaymentsEvent } from "@/lib/integrations/payments/port";
import { findHandler } from "./registry";

/** A payments event as the inbox keeps it; another mode, account or API version is never processed blindly. */
export function paymentsEventRow(event: PaymentsEvent): NewWebhookEvent {
  const { scope, apiVersion } = payments();
  const { mode, objectId, ...columns } = event;
  const foreign = mode !== scope.mode || event.account !== scope.account || event.apiVersion !== apiVersion;
  const handled = objectId !== null && findHandler(scope.provider, event.type) !== null;
  return {
    ...columns,
    objectId,
    provider: scope.provider,
    mode: toDatabase(mode),
    status: foreign ? "QUARANTINED" : handled ? "PENDING" : "IGNORED",
  };
}
