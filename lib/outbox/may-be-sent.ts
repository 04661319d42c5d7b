/** What is looked at just before a mail is handed over, and no sooner: what was true at enqueue need not be true now. */
import { setTimeout as sleep } from "node:timers/promises";
import { type SuppressionReasonName, suppressionsOf } from "@/lib/db/email-suppressions";
import { takeSendSlot } from "@/lib/db/send-slots";
import { NotYetError } from "@/lib/errors/not-yet-error";
import type { EmailMessage, EmailProvider } from "@/lib/integrations/email/port";
import { normalAddress } from "./address";
import { isTransactional } from "./categories";
import { keepsBack } from "./suppression";

export type Permission = { kind: "permitted" } | { kind: "suppressed"; reason: string };

const WORDS: Record<SuppressionReasonName, string> = {
  bounced: "the address does not exist, or takes no mail: an earlier one came back",
  complained: "its reader has marked an earlier mail as spam",
  vendor: "the vendor does not write to this address",
  unsubscribed: "its reader has unsubscribed",
};

/**
 * Waits for this mail's place in what the provider may be handed in a second.
 * @throws NotYetError where all of the near ones are taken; IntegrationError circuit_open, as sending would
 */
export async function mayBeSent(mail: EmailMessage, provider: EmailProvider): Promise<Permission> {
  await provider.refuseToSendIfOpen();
  await waitForPlace(provider);
  const reasons = await suppressionsOf(normalAddress(mail.to), mail.category);
  const reason = reasons.find((one) => keepsBack(one, isTransactional(mail.category)));
  return reason === undefined ? { kind: "permitted" } : { kind: "suppressed", reason: WORDS[reason] };
}

async function waitForPlace({ id, sendsPerSecond }: EmailProvider): Promise<void> {
  if (sendsPerSecond === null) return;
  const slot = await takeSendSlot(id, sendsPerSecond);
  if (slot.kind === "none") {
    throw new NotYetError(
      slot.retryAfterMs,
      `${id} takes ${sendsPerSecond} mails a second, and has its share`,
    );
  }
  if (slot.waitMs > 0) await sleep(slot.waitMs);
}
