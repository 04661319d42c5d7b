import { z } from "zod";
import { leasesOn } from "@/lib/db/leases";
import {
  claimOutboxMessages,
  completeOutboxMessage,
  type LeasedOutboxMessage,
  suppressOutboxMessage,
} from "@/lib/db/outbox";
import { appUrl } from "@/lib/env";
import { GiveUpError } from "@/lib/errors/give-up-error";
import { onCall } from "@/lib/integrations/oncall";
import type { WorkSource } from "@/lib/pump/work";
import { carryOut } from "./commands";
import { frozenMailSchema } from "./frozen-mail";
import { open } from "./secret-payload";
import { type MailOutcome, sendMail } from "./send-mail";

const alertSchema = z.object({
  alertId: z.string(),
  severity: z.enum(["warning", "critical"]),
  title: z.string(),
  text: z.string(),
  path: z.string(),
});

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

function sendFrozenMail(message: LeasedOutboxMessage): Promise<MailOutcome> {
  const content = message.secretPayload ? JSON.parse(open(message.secretPayload)) : message.payload;
  if (content === null) throw new GiveUpError("there is nothing left to send: what it said was removed");
  return sendMail(message, frozenMailSchema.parse(content));
}

/** The message's own id is the idempotency key: however often it is tried, the vendor does it once. */
async function perform(message: LeasedOutboxMessage): Promise<void> {
  switch (message.kind) {
    case "EMAIL": {
      const outcome = await sendFrozenMail(message);
      if (outcome.kind === "suppressed") return suppressOutboxMessage(message, outcome.reason);
      return completeOutboxMessage(message, outcome);
    }
    case "ALERT":
      return completeOutboxMessage(message, await tellAlert(message));
    case "CANCEL_DUPLICATE_SUBSCRIPTION":
    case "CANCEL_SUBSCRIPTION":
    case "EXPIRE_CHECKOUT":
      return completeOutboxMessage(message, await carryOut(message, message.kind));
    default:
      return message.kind satisfies never;
  }
}

export const outboxSource: WorkSource<LeasedOutboxMessage> = {
  name: "outbox",
  claim: claimOutboxMessages,
  rowsOf: (message) => [message],
  contextOf: ({ correlationId }) => ({ correlationId, eventId: null }),
  process: perform,
  leases: leasesOn("outbox_message"),
};
