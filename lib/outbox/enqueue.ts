import type { Database } from "@/lib/db/client";
import { insertOutboxMessage } from "@/lib/db/outbox";
import { emailModeColumn, scopeColumns } from "@/lib/db/scope";
import type { RenderedMail } from "./render-mail";
import { seal } from "./secret-payload";

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
  return insertOutboxMessage(tx, { kind: "EMAIL", mode: emailModeColumn(), businessKey, ...content });
}

/** Writes a vendor command: end and refund a subscription that exists beside the one that is kept. */
export async function enqueueCancelDuplicate(
  tx: Database,
  input: { subscriptionId: string; keptSubscriptionId: string },
): Promise<void> {
  await insertOutboxMessage(tx, {
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
  await insertOutboxMessage(tx, {
    kind: "EXPIRE_CHECKOUT",
    mode: scopeColumns().mode,
    businessKey: `expire-checkout:${input.checkoutId}`,
    payload: input,
  });
}
