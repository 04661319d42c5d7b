/**
 * Commands to the payments vendor: told under the message's own id as key for as long as the vendor surely remembers
 * one, so that however often it is told, it is done once. After that the vendor is asked what has become of it.
 */
import { z } from "zod";
import { isLive } from "@/lib/billing/status";
import { bindOutboxMessage, type LeasedOutboxMessage, unbindOutboxMessage } from "@/lib/db/outbox";
import { GiveUpError } from "@/lib/errors/give-up-error";
import { mayHaveTakenEffect } from "@/lib/errors/integration-error";
import { payments } from "@/lib/integrations/payments";
import { logger } from "@/lib/logger";

const duplicateSchema = z.object({ subscriptionId: z.string(), keptSubscriptionId: z.string() });
const subscriptionSchema = z.object({ subscriptionId: z.string() });
const expireSchema = z.object({ checkoutId: z.string(), operationId: z.string() });

/** A day, less an hour for clocks: https://docs.stripe.com/api/idempotent_requests */
const KEY_LIFETIME_MS = 23 * 60 * 60 * 1000;

interface Command {
  /** The vendor's id of what it is about. */
  objectId: string;
  /** Asks the vendor whether it is as it should be. */
  isDone(): Promise<boolean>;
  tell(): Promise<unknown>;
}

/**
 * What was a duplicate when this was written need not be one now: where the other subscription has ended meanwhile,
 * this one is what the customer has paid for, and stays. Unless this message has ended it already: then the money goes
 * back all the same, for nothing is left that it was paid for.
 */
function cancelDuplicate(message: LeasedOutboxMessage): Command {
  const { subscriptionId, keptSubscriptionId } = duplicateSchema.parse(message.payload);
  return {
    objectId: subscriptionId,
    // Before each of its steps it asks whether that one was taken.
    isDone: async () => false,
    tell: async () => {
      const kept = await payments().getSubscription(keptSubscriptionId);
      const onlyIfBegun = kept === null || !isLive(kept.status);
      if (onlyIfBegun) logger.warn({ subscriptionId, keptSubscriptionId }, "not a duplicate any more");
      await payments().cancelAndRefund({ operationId: message.id, subscriptionId, onlyIfBegun });
    },
  };
}

function cancelSubscription(message: LeasedOutboxMessage): Command {
  const { subscriptionId } = subscriptionSchema.parse(message.payload);
  return {
    objectId: subscriptionId,
    isDone: async () => {
      const subscription = await payments().getSubscription(subscriptionId);
      return subscription === null || ["canceled", "incomplete_expired"].includes(subscription.status);
    },
    tell: () => payments().cancelSubscription({ operationId: message.id, subscriptionId }),
  };
}

function expireCheckout(message: LeasedOutboxMessage): Command {
  const { checkoutId, operationId } = expireSchema.parse(message.payload);
  return {
    objectId: checkoutId,
    isDone: async () => (await payments().getCheckout(checkoutId))?.state !== "open",
    tell: () => payments().expireCheckout({ checkoutId, operationId }),
  };
}

export type CommandKind = Extract<
  LeasedOutboxMessage["kind"],
  "CANCEL_DUPLICATE_SUBSCRIPTION" | "CANCEL_SUBSCRIPTION" | "EXPIRE_CHECKOUT"
>;

const COMMANDS: Record<CommandKind, (message: LeasedOutboxMessage) => Command> = {
  CANCEL_DUPLICATE_SUBSCRIPTION: cancelDuplicate,
  CANCEL_SUBSCRIPTION: cancelSubscription,
  EXPIRE_CHECKOUT: expireCheckout,
};

/** @throws GiveUpError for one that another vendor may have been told */
export async function carryOut(
  message: LeasedOutboxMessage,
  kind: CommandKind,
): Promise<{ provider: string; externalId: string }> {
  const { provider } = payments().scope;
  const command = COMMANDS[kind](message);
  const done = { provider, externalId: command.objectId };
  const wasTold = message.provider !== null;
  if (wasTold && message.provider !== provider) {
    throw new GiveUpError(`may have been done; by ${message.provider}, which is not in use here any more`);
  }
  const isForgotten = wasTold && message.boundForMs > KEY_LIFETIME_MS;
  if (isForgotten && (await command.isDone())) return done;
  const isFirstUnderKey = !wasTold || isForgotten;
  if (isFirstUnderKey) await bindOutboxMessage(message, provider);
  try {
    await command.tell();
  } catch (error) {
    if (isFirstUnderKey && !mayHaveTakenEffect(error)) await unbindOutboxMessage(message);
    throw error;
  }
  return done;
}
