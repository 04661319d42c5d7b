import type { Database } from "@/lib/db/client";
import { insertOutboxMessage, type NewOutboxMessage } from "@/lib/db/outbox";
import { emailModeColumn, onCallModeColumn, scopeColumns } from "@/lib/db/scope";
import { requestContext } from "@/lib/request-context";
import type { RenderedMail } from "./render-mail";
import { seal } from "./secret-payload";

/** Under the correlation id of whatever runs, so that what is done afterwards can be followed back to it. */
function insert(tx: Database, message: Omit<NewOutboxMessage, "correlationId">): Promise<boolean> {
  return insertOutboxMessage(tx, { ...message, correlationId: requestContext().correlationId });
}

/**
 * Writes a mail into the outbox, in the caller's transaction. Under a business key that is known already it does
 * nothing: the effect is done once. Says whether it was written now.
 */
export async function enqueueMail(
  tx: Database,
  input: { businessKey: string; mail: RenderedMail; carriesSecret?: boolean },
): Promise<boolean> {
  const content = input.carriesSecret
    ? { secretPayload: seal(JSON.stringify(input.mail)) }
    : { payload: { ...input.mail } };
  const { businessKey } = input;
  return insert(tx, { kind: "EMAIL", mode: emailModeColumn(), businessKey, ...content });
}

/** Writes a vendor command: end and refund a subscription that exists beside the one that is kept. */
export async function enqueueCancelDuplicate(
  tx: Database,
  input: { subscriptionId: string; keptSubscriptionId: string },
): Promise<void> {
  await insert(tx, {
    kind: "CANCEL_DUPLICATE_SUBSCRIPTION",
    mode: scopeColumns().mode,
    businessKey: `cancel-duplicate:${input.subscriptionId}`,
    payload: input,
  });
}

/** Writes a vendor command: close a payment page that nobody needs any more. */
export async function enqueueExpireCheckout(
  tx: Database,
  input: { checkoutId: string; operationId: string },
): Promise<void> {
  await insert(tx, {
    kind: "EXPIRE_CHECKOUT",
    mode: scopeColumns().mode,
    businessKey: `expire-checkout:${input.checkoutId}`,
    payload: input,
  });
}

/** What whoever is on call is told. */
export interface OnCallAlert {
  /** Of this one telling: enqueued twice, told once. */
  alertId: string;
  severity: "warning" | "critical";
  /** One line. */
  title: string;
  text: string;
  /** Where to look: a path of ours. */
  path: string;
}

/** Writes a message to whoever is on call; for where one is configured. */
export async function enqueueAlert(tx: Database, alert: OnCallAlert): Promise<void> {
  await insert(tx, {
    kind: "ALERT",
    mode: onCallModeColumn(),
    businessKey: `alert:${alert.alertId}`,
    payload: { ...alert },
  });
}
