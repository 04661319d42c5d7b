import type { Database } from "@/lib/db/client";
import { insertOutboxMessage, type NewOutboxMessage } from "@/lib/db/outbox";
import { emailModeColumn, onCallModeColumn, scopeColumns } from "@/lib/db/scope";
import { requestContext } from "@/lib/request-context";
import { normalAddress } from "./address";
import type { FrozenMail } from "./frozen-mail";
import { seal } from "./secret-payload";

type Written = Omit<NewOutboxMessage, "correlationId" | "eventId" | "workspaceId"> & {
  /** The one that it is about, where it is about one. */
  workspaceId?: string | null;
};

/** Under what runs, the request and the inbox event, so that what is done afterwards can be followed back to it. */
function insert(tx: Database, { workspaceId = null, ...message }: Written): Promise<boolean> {
  const { correlationId, eventId } = requestContext();
  return insertOutboxMessage(tx, { ...message, workspaceId, correlationId, eventId });
}

/**
 * Writes a mail into the outbox, in the caller's transaction. Under a business key that is known already it does
 * nothing: the effect is done once. Says whether it was written now. Whom it goes to, its subject and its template
 * stand in the open also where the mail carries a secret: that is in its body, never in a subject.
 */
export async function enqueueMail(
  tx: Database,
  input: { businessKey: string; mail: FrozenMail; carriesSecret?: boolean; workspaceId?: string | null },
): Promise<boolean> {
  const { businessKey, mail, workspaceId } = input;
  const content = input.carriesSecret
    ? { secretPayload: seal(JSON.stringify(mail)) }
    : { payload: { ...mail } };
  return insert(tx, {
    kind: "EMAIL",
    mode: emailModeColumn(),
    businessKey,
    workspaceId,
    recipient: normalAddress(mail.to),
    subject: mail.subject,
    category: mail.category,
    ...content,
  });
}

/**
 * Writes a vendor command: end and refund a subscription that exists beside the one that is kept. Says whether it was
 * written now.
 */
export async function enqueueCancelDuplicate(
  tx: Database,
  input: { subscriptionId: string; keptSubscriptionId: string; workspaceId?: string },
): Promise<boolean> {
  const { workspaceId, ...payload } = input;
  return insert(tx, {
    kind: "CANCEL_DUPLICATE_SUBSCRIPTION",
    mode: scopeColumns().mode,
    businessKey: `cancel-duplicate:${input.subscriptionId}`,
    workspaceId,
    payload,
  });
}

/** Writes a vendor command: stop charging for a workspace that was deleted. */
export async function enqueueCancelSubscription(
  tx: Database,
  input: { subscriptionId: string; workspaceId: string },
): Promise<void> {
  const { workspaceId, subscriptionId } = input;
  await insert(tx, {
    kind: "CANCEL_SUBSCRIPTION",
    mode: scopeColumns().mode,
    businessKey: `cancel-subscription:${subscriptionId}`,
    workspaceId,
    payload: { subscriptionId },
  });
}

/** Writes a vendor command: close a payment page that nobody needs any more. */
export async function enqueueExpireCheckout(
  tx: Database,
  input: { checkoutId: string; operationId: string; workspaceId?: string },
): Promise<void> {
  const { workspaceId, ...payload } = input;
  await insert(tx, {
    kind: "EXPIRE_CHECKOUT",
    mode: scopeColumns().mode,
    businessKey: `expire-checkout:${input.checkoutId}`,
    workspaceId,
    payload,
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
