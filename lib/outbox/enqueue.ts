import type { Database } from "@/lib/db/client";
import { insertOutboxMessage } from "@/lib/db/outbox";
import type { RenderedMail } from "./render-mail";
import { seal } from "./secret-payload";

/**
 * Writes a mail into the outbox, in the caller's transaction. Under a business key that is known already it does
 * nothing: the effect is done once.
 */
export async function enqueueMail(
  tx: Database,
  input: { businessKey: string; mail: RenderedMail; carriesSecret?: boolean },
): Promise<void> {
  const content = input.carriesSecret
    ? { secretPayload: seal(JSON.stringify(input.mail)) }
    : { payload: { ...input.mail } };
  await insertOutboxMessage(tx, { kind: "EMAIL", businessKey: input.businessKey, ...content });
}

/** Writes a vendor command: end and refund a subscription that exists beside another one. */
export async function enqueueCancelDuplicate(tx: Database, input: { subscriptionId: string }): Promise<void> {
  await insertOutboxMessage(tx, {
    kind: "CANCEL_DUPLICATE_SUBSCRIPTION",
    businessKey: `cancel-duplicate:${input.subscriptionId}`,
    payload: { subscriptionId: input.subscriptionId },
  });
}
