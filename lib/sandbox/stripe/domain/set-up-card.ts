/** Keeping a card for later charges: what a SetupIntent does when it is confirmed. */
import type { PaymentMethod, SetupIntent } from "../wire";
import type { World } from "../world";
import {
  attachDeclineOf,
  attachMethod,
  markAuthenticated,
  needsAuthentication,
  type PaymentOutcome,
} from "./payments";

export interface SetUpOptions {
  /** Whether the owner has just passed 3-D Secure. */
  authenticated: boolean;
  /** Where 3-D Secure is asked for, should it be. */
  authenticationUrl: string;
  returnUrl: string | null;
}

/** Confirms a SetupIntent with a card; on success the card belongs to the intent's customer. */
export function setUpCard(
  world: World,
  intentId: string,
  methodId: string,
  options: SetUpOptions,
): PaymentOutcome {
  const intent = world.need("setup_intents", intentId);
  const decline = attachDeclineOf(world, methodId);
  if (decline) {
    const { code, declineCode: decline_code, message } = decline;
    fail(
      world,
      intent,
      { type: "card_error", code, decline_code, message },
      world.need("payment_methods", methodId),
    );
    return { kind: "declined", decline };
  }
  if (options.authenticated) markAuthenticated(world, methodId);
  else if (needsAuthentication(world, methodId)) {
    const next_action = {
      redirect_to_url: { return_url: options.returnUrl, url: options.authenticationUrl },
      type: "redirect_to_url",
    };
    const changes = { status: "requires_action" as const, payment_method: methodId, next_action };
    world.change("setup_intents", intentId, changes, "setup_intent.requires_action");
    return { kind: "requires_action" };
  }
  if (intent.customer) attachMethod(world, methodId, intent.customer);
  const changes = {
    status: "succeeded" as const,
    payment_method: methodId,
    next_action: null,
    last_setup_error: null,
  };
  world.change("setup_intents", intentId, changes, "setup_intent.succeeded");
  return { kind: "succeeded" };
}

/** The owner failed or left 3-D Secure. */
export function failSetUp(world: World, intentId: string): string {
  const intent = world.need("setup_intents", intentId);
  const message =
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.";
  const method = intent.payment_method ? world.get("payment_methods", intent.payment_method) : undefined;
  const error = {
    type: "invalid_request_error",
    code: "setup_intent_authentication_failure",
    message,
  } as const;
  fail(world, intent, error, method);
  return message;
}

type SetupError = NonNullable<SetupIntent["last_setup_error"]>;

function fail(world: World, intent: SetupIntent, error: SetupError, method: PaymentMethod | undefined): void {
  const changes = {
    status: "requires_payment_method" as const,
    payment_method: null,
    next_action: null,
    last_setup_error: { ...error, payment_method: method },
  };
  world.change("setup_intents", intent.id, changes, "setup_intent.setup_failed");
}
