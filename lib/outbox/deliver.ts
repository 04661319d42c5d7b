import { z } from "zod";
import {
  claimOutboxMessages,
  completeOutboxMessage,
  type LeasedOutboxMessage,
  rescheduleOutboxMessage,
} from "@/lib/db/outbox";
import { email } from "@/lib/integrations/email";
import { payments } from "@/lib/integrations/payments";
import type { WorkSource } from "@/lib/pump/pump";
import { open } from "./secret-payload";

const mailSchema = z.object({
  from: z.string(),
  to: z.string(),
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  category: z.string(),
});
const duplicateSchema = z.object({ subscriptionId: z.string() });

/** The message's own id is the idempotency key: however often it is tried, the vendor does it once. */
async function perform(
  message: LeasedOutboxMessage,
): Promise<{ provider: string; externalId: string | null }> {
  switch (message.kind) {
    case "EMAIL": {
      const content = message.secretPayload ? JSON.parse(open(message.secretPayload)) : message.payload;
      const sent = await email().send(mailSchema.parse(content), { idempotencyKey: message.id });
      return { provider: email().id, externalId: sent.messageId };
    }
    case "CANCEL_DUPLICATE_SUBSCRIPTION": {
      const { subscriptionId } = duplicateSchema.parse(message.payload);
      await payments().cancelAndRefund({ operationId: message.id, subscriptionId });
      return { provider: payments().scope.provider, externalId: subscriptionId };
    }
    default:
      return message.kind satisfies never;
  }
}

export const outboxSource: WorkSource<LeasedOutboxMessage> = {
  name: "outbox",
  claim: claimOutboxMessages,
  bornAt: (message) => message.createdAt,
  process: async (message) => completeOutboxMessage(message, await perform(message)),
  reschedule: rescheduleOutboxMessage,
};
