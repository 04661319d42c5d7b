/** Cards, and what happens when one is attached or charged. */
import { ApiError, type ApiErrorFields, noSuch } from "../http/api-error";
import { makeCharge } from "../objects/make-charge";
import { makePaymentMethod } from "../objects/make-payment-method";
import { makeBalanceTransaction } from "../objects/make-refund";
import type { Charge, Metadata, PaymentIntent, PaymentMethod } from "../wire";
import type { World } from "../world";
import { AUTHENTICATION_REQUIRED, type Decline, findCardByAlias, needCard, type TestCard } from "./cards";
import { beginDebit } from "./debits";

export type PaymentOutcome =
  | { kind: "succeeded" }
  | { kind: "declined"; decline: Decline }
  | { kind: "requires_action" }
  /** The bank is asked; how that ends is known a little later. */
  | { kind: "processing" };

export interface CardInput {
  card: TestCard;
  expMonth: number;
  expYear: number;
  name?: string | null;
  email?: string | null;
  metadata?: Metadata;
}

/** Stores a card as a PaymentMethod that belongs to nobody yet. */
export function createCard(world: World, input: CardInput): PaymentMethod {
  const method = makePaymentMethod({ ...input, created: world.now() });
  world.put("cards", { id: method.id, number: input.card.number, authenticated: false });
  return world.add("payment_methods", method);
}

/**
 * Finds a PaymentMethod, or makes one for the test mode's aliases (`pm_card_visa`), as the vendor does.
 * @throws ApiError `resource_missing`
 */
export function findOrCreateMethod(
  world: World,
  id: string,
  param: string,
  status: 400 | 404 = 400,
): PaymentMethod {
  const found = world.get("payment_methods", id);
  if (found) return found;
  const card = findCardByAlias(id);
  if (!card) throw noSuch("PaymentMethod", id, param, status);
  const year = new Date(world.now() * 1000).getUTCFullYear() + 1;
  return createCard(world, { card, expMonth: 12, expYear: year });
}

/** Whether the card asks for 3-D Secure before it can be kept or charged. */
export function needsAuthentication(world: World, methodId: string): boolean {
  const record = world.need("cards", methodId);
  const { authentication } = needCard(record.number);
  return authentication === "always" || (authentication === "once" && !record.authenticated);
}

export function markAuthenticated(world: World, methodId: string): void {
  world.put("cards", { ...world.need("cards", methodId), authenticated: true });
}

/** Why the card cannot be kept for this customer, if it cannot. */
export function attachDeclineOf(world: World, methodId: string): Decline | null {
  return needCard(world.need("cards", methodId).number).attachDecline;
}

/** How a charge without the owner present would end. */
export function predictCharge(world: World, methodId: string): Decline | null {
  const decline = needCard(world.need("cards", methodId).number).chargeDecline;
  return decline ?? (needsAuthentication(world, methodId) ? AUTHENTICATION_REQUIRED : null);
}

/** @throws ApiError 402 when the bank refuses the card, 400 when it is another customer's. */
export function attachMethod(world: World, methodId: string, customer: string): PaymentMethod {
  const method = world.need("payment_methods", methodId);
  if (method.customer === customer) return method;
  if (method.customer) {
    const message =
      "The payment method you provided has already been attached to a customer. Detach it first to attach it to another.";
    throw new ApiError(400, { type: "invalid_request_error", message });
  }
  const decline = attachDeclineOf(world, methodId);
  if (decline) throw cardError(decline, { payment_method: method });
  const checks = { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" };
  const changes = { customer, ...(method.card ? { card: { ...method.card, checks } } : {}) };
  return world.change("payment_methods", methodId, changes, "payment_method.attached");
}

type CardErrorDetails = Pick<ApiErrorFields, "charge" | "payment_method" | "payment_intent" | "setup_intent">;

export function cardError(decline: Decline, more: CardErrorDetails = {}): ApiError {
  return new ApiError(402, {
    type: "card_error",
    code: decline.code,
    decline_code: decline.declineCode,
    message: decline.message,
    ...more,
  });
}

export interface ConfirmOptions {
  /** Whether the owner has just passed 3-D Secure. */
  authenticated: boolean;
  /** Where 3-D Secure is asked for, should it be. */
  authenticationUrl: string;
  returnUrl: string | null;
}

/** Charges a card for an intent, as the card's number says. */
export function confirmPayment(
  world: World,
  intentId: string,
  methodId: string,
  options: ConfirmOptions,
): PaymentOutcome {
  const intent = world.need("payment_intents", intentId);
  const method = world.need("payment_methods", methodId);
  if (options.authenticated) markAuthenticated(world, methodId);
  else if (needsAuthentication(world, methodId)) {
    const next_action: PaymentIntent["next_action"] = {
      redirect_to_url: { return_url: options.returnUrl, url: options.authenticationUrl },
      type: "redirect_to_url",
    };
    const changes = {
      status: "requires_action" as const,
      payment_method: methodId,
      next_action,
      last_payment_error: null,
    };
    world.change("payment_intents", intentId, changes, "payment_intent.requires_action");
    return { kind: "requires_action" };
  }
  const card = needCard(world.need("cards", methodId).number);
  if (card.debit) return beginDebit(world, intent, method, card);
  const { chargeDecline } = card;
  return chargeDecline
    ? decline(world, intent, method, chargeDecline)
    : succeed(world, intent, method, options.authenticated);
}

/** The owner failed or left 3-D Secure. */
export function failAuthentication(world: World, intentId: string): string {
  const message =
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.";
  const intent = world.need("payment_intents", intentId);
  const method = intent.payment_method ? world.get("payment_methods", intent.payment_method) : undefined;
  world.change(
    "payment_intents",
    intentId,
    {
      status: "requires_payment_method",
      payment_method: null,
      next_action: null,
      last_payment_error: {
        type: "invalid_request_error",
        code: "payment_intent_authentication_failure",
        message,
        payment_method: method,
      },
    },
    "payment_intent.payment_failed",
  );
  return message;
}

function succeed(
  world: World,
  intent: PaymentIntent,
  method: PaymentMethod,
  authenticated: boolean,
): PaymentOutcome {
  const created = world.nowFor(intent.customer);
  const { amount, currency, description } = intent;
  const transaction = makeBalanceTransaction({
    created,
    amount,
    currency,
    type: "charge",
    description,
    source: null,
  });
  const charge = makeCharge({
    created,
    intent,
    method,
    card: needCard(world.need("cards", method.id).number),
    authenticated,
    decline: null,
    balanceTransaction: transaction.id,
    receiptUrl: `${world.baseUrl}/receipts/${intent.id}`,
  });
  world.put("balance_transactions", { ...transaction, source: charge.id });
  world.add("charges", charge, "charge.succeeded");
  disputeAsTested(world, charge);
  world.change(
    "payment_intents",
    intent.id,
    {
      status: "succeeded",
      amount_received: amount,
      latest_charge: charge.id,
      payment_method: method.id,
      next_action: null,
      last_payment_error: null,
    },
    "payment_intent.succeeded",
  );
  return { kind: "succeeded" };
}

function decline(
  world: World,
  intent: PaymentIntent,
  method: PaymentMethod,
  reason: Decline,
): PaymentOutcome {
  const charge = makeCharge({
    created: world.nowFor(intent.customer),
    intent,
    method,
    card: needCard(world.need("cards", method.id).number),
    authenticated: false,
    decline: reason,
    balanceTransaction: null,
    receiptUrl: null,
  });
  world.add("charges", charge, "charge.failed");
  world.change(
    "payment_intents",
    intent.id,
    {
      status: "requires_payment_method",
      latest_charge: charge.id,
      payment_method: null,
      next_action: null,
      last_payment_error: {
        type: "card_error",
        code: reason.code,
        decline_code: reason.declineCode,
        message: reason.message,
        charge: charge.id,
        payment_method: method,
      },
    },
    "payment_intent.payment_failed",
  );
  return { kind: "declined", decline: reason };
}

/** What the owner of a test card for disputes does. */
function disputeAsTested(world: World, charge: Charge): void {
  const { dispute } = needCard(world.need("cards", charge.payment_method ?? "").number);
  if (dispute)
    world.put("later", { id: charge.id, at: world.now(), task: "begin_dispute", outcome: "fails" });
}
