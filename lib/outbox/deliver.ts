import { z } from "zod";
import { isLive } from "@/lib/billing/status";
import {
  claimOutboxMessages,
  completeOutboxMessage,
  type LeasedOutboxMessage,
  rescheduleOutboxMessage,
} from "@/lib/db/outbox";
import { appUrl } from "@/lib/env";
import { GiveUpError } from "@/lib/errors/give-up-error";
import { onCall } from "@/lib/integrations/oncall";
import { payments } from "@/lib/integrations/payments";
import { logger } from "@/lib/logger";
import type { WorkSource } from "@/lib/pump/pump";
import { open } from "./secret-payload";
import { sendMail } from "./send-mail";

const mailSchema = z.object({
  from: z.string(),
  to: z.string(),
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  category: z.string(),
});
const duplicateSchema = z.object({ subscriptionId: z.string(), keptSubscriptionId: z.string() });
const expireSchema = z.object({ checkoutId: z.string(), operationId: z.string() });
const alertSchema = z.object({
  alertId: z.string(),
  severity: z.enum(["warning", "critical"]),
  title: z.string(),
  text: z.string(),
  path: z.string(),
});

/**
 * What was a duplicate when this was written need not be one now: where the other subscription has ended meanwhile,
 * this one is what the customer has paid for, and stays.
 */
async function cancelDuplicate(message: LeasedOutboxMessage): Promise<string> {
  const { subscriptionId, keptSubscriptionId } = duplicateSchema.parse(message.payload);
  const kept = await payments().getSubscription(keptSubscriptionId);
  if (kept && isLive(kept.status)) {
    await payments().cancelAndRefund({ operationId: message.id, subscriptionId });
  } else {
    logger.warn({ subscriptionId, keptSubscriptionId }, "not a duplicate any more: it is kept");
  }
  return subscriptionId;
}

/** Where a vendor took it to, in its own id of what was done. */
interface Performed {
  provider: string;
  externalId: string | null;
}

async function tellAlert(message: LeasedOutboxMessage): Promise<Performed> {
  const { alertId, path, ...alert } = alertSchema.parse(message.payload);
  const receiver = onCall();
  if (!receiver) throw new GiveUpError("there is nobody to tell: ONCALL_WEBHOOK_URL is not set any more");
  await receiver.notify({ ...alert, id: alertId, url: new URL(path, appUrl()).href });
  return { provider: receiver.configuration.provider, externalId: null };
}

/** The message's own id is the idempotency key: however often it is tried, the vendor does it once. */
async function perform(message: LeasedOutboxMessage): Promise<Performed> {
  switch (message.kind) {
    case "EMAIL": {
      const content = message.secretPayload ? JSON.parse(open(message.secretPayload)) : message.payload;
      return sendMail(message, mailSchema.parse(content));
    }
    case "ALERT":
      return tellAlert(message);
    case "CANCEL_DUPLICATE_SUBSCRIPTION":
      return { provider: payments().scope.provider, externalId: await cancelDuplicate(message) };
    case "EXPIRE_CHECKOUT": {
      const { checkoutId, operationId } = expireSchema.parse(message.payload);
      await payments().expireCheckout({ checkoutId, operationId });
      return { provider: payments().scope.provider, externalId: checkoutId };
    }
    default:
      return message.kind satisfies never;
  }
}

export const outboxSource: WorkSource<LeasedOutboxMessage> = {
  name: "outbox",
  claim: claimOutboxMessages,
  bornAt: (message) => message.createdAt,
  correlationId: (message) => message.correlationId,
  process: async (message) => completeOutboxMessage(message, await perform(message)),
  reschedule: rescheduleOutboxMessage,
};
