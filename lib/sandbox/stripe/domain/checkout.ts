/** Hosted checkout: what a person's clicks on `/pay/<session>` do to the account. */

import { makeCustomerDetails } from "../objects/make-checkout-session";
import { makeCustomer } from "../objects/make-customer";
import { makePaymentIntent } from "../objects/make-payment-intent";
import { makeSetupIntent } from "../objects/make-setup-intent";
import type { CheckoutSession, PaymentIntent } from "../wire";
import type { World } from "../world";
import type { TestCard } from "./cards";
import {
  attachMethod,
  confirmPayment,
  createCard,
  failAuthentication,
  needsAuthentication,
} from "./payments";
import { failSetUp, setUpCard } from "./set-up-card";
import { startSubscription } from "./subscriptions";

export type CheckoutOutcome =
  | { kind: "complete" }
  | { kind: "declined"; message: string }
  | { kind: "requires_action" };

export interface CheckoutPayment {
  card: TestCard;
  expMonth: number;
  expYear: number;
  name: string;
  email: string;
}

export function expireSession(world: World, id: string): CheckoutSession {
  return world.change("checkout_sessions", id, { status: "expired", url: null }, "checkout.session.expired");
}

/** Where the person goes once the session is complete. */
export function successUrlOf(session: CheckoutSession): string | null {
  return session.success_url?.replaceAll("{CHECKOUT_SESSION_ID}", session.id) ?? null;
}

/**
 * Charges the card for an open session. Complete means that the subscription exists and is active before this returns:
 * nothing waits for the person to come back to the app.
 */
export function payCheckout(world: World, id: string, payment: CheckoutPayment): CheckoutOutcome {
  const session = world.need("checkout_sessions", id);
  if (session.status !== "open") throw new Error(`${id} is not open.`);
  const customer = session.customer ?? addCustomer(world, payment);
  world.change("checkout_sessions", id, {
    customer,
    customer_details: makeCustomerDetails(payment.email, payment.name),
  });
  const method = createCard(world, payment);
  world.put("checkout_records", { ...world.need("checkout_records", id), paymentMethod: method.id });
  const current = world.need("checkout_sessions", id);
  const amount = dueToday(world, current);
  if (amount === 0) return keepCard(world, id, method.id, false);
  const intent = openIntent(world, current, amount, payment.email);
  return charge(world, id, intent, method.id, false);
}

/** The click on the 3-D Secure page. */
export function finishAuthentication(world: World, id: string, passed: boolean): CheckoutOutcome {
  const record = world.need("checkout_records", id);
  if (!record.paymentMethod) throw new Error(`${id} has no card to authenticate.`);
  const intent = record.paymentIntent ? world.need("payment_intents", record.paymentIntent) : null;
  if (!passed) {
    const { setup_intent } = world.need("checkout_sessions", id);
    const message = intent ? failAuthentication(world, intent.id) : failSetUp(world, setup_intent ?? "");
    forgetCard(world, id);
    return { kind: "declined", message };
  }
  return intent
    ? charge(world, id, intent, record.paymentMethod, true)
    : keepCard(world, id, record.paymentMethod, true);
}

/** Whether the session waits for the 3-D Secure click. */
export function awaitsAuthentication(world: World, id: string): boolean {
  const record = world.need("checkout_records", id);
  return record.paymentMethod !== null && needsAuthentication(world, record.paymentMethod);
}

function addCustomer(world: World, { email, name }: CheckoutPayment): string {
  return world.add("customers", makeCustomer({ created: world.now(), email, name }), "customer.created").id;
}

/** Minor units: nothing during a trial, and less by the credit that the customer has. */
export function dueToday(world: World, session: CheckoutSession): number {
  if (world.need("checkout_records", session.id).subscriptionData.trialPeriodDays) return 0;
  const balance = session.customer ? (world.get("customers", session.customer)?.balance ?? 0) : 0;
  return Math.max(0, (session.amount_total ?? 0) + balance);
}

/** One PaymentIntent a session: a second card tries the same one. */
function openIntent(world: World, session: CheckoutSession, amount: number, email: string): PaymentIntent {
  const record = world.need("checkout_records", session.id);
  if (record.paymentIntent) return world.change("payment_intents", record.paymentIntent, { amount });
  const intent = makePaymentIntent({
    created: world.nowFor(session.customer),
    amount,
    currency: session.currency ?? "usd",
    customer: session.customer,
    description: "Subscription creation",
    receiptEmail: email,
    isForSubscription: true,
  });
  world.put("checkout_records", { ...record, paymentIntent: intent.id });
  return world.add("payment_intents", intent, "payment_intent.created");
}

function charge(
  world: World,
  id: string,
  intent: PaymentIntent,
  method: string,
  authenticated: boolean,
): CheckoutOutcome {
  const outcome = confirmPayment(world, intent.id, method, {
    authenticated,
    authenticationUrl: `${world.baseUrl}/pay/${id}/3ds`,
    returnUrl: `${world.baseUrl}/pay/${id}`,
  });
  if (outcome.kind === "requires_action") return outcome;
  if (outcome.kind === "declined") {
    forgetCard(world, id);
    return { kind: "declined", message: outcome.decline.message };
  }
  complete(world, id, method, world.need("payment_intents", intent.id));
  return { kind: "complete" };
}

/** Nothing is due today: the card is only kept for later. */
function keepCard(world: World, id: string, method: string, authenticated: boolean): CheckoutOutcome {
  const { customer, setup_intent } = world.need("checkout_sessions", id);
  const intent =
    setup_intent ??
    world.add(
      "setup_intents",
      makeSetupIntent({ created: world.nowFor(customer), customer }),
      "setup_intent.created",
    ).id;
  world.change("checkout_sessions", id, { setup_intent: intent });
  const outcome = setUpCard(world, intent, method, {
    authenticated,
    authenticationUrl: `${world.baseUrl}/pay/${id}/3ds`,
    returnUrl: null,
  });
  if (outcome.kind === "requires_action") return outcome;
  if (outcome.kind === "declined") {
    forgetCard(world, id);
    return { kind: "declined", message: outcome.decline.message };
  }
  complete(world, id, method, null);
  return { kind: "complete" };
}

function forgetCard(world: World, id: string): void {
  world.put("checkout_records", { ...world.need("checkout_records", id), paymentMethod: null });
}

function paymentStatusOf(paidBy: PaymentIntent | null): CheckoutSession["payment_status"] {
  if (!paidBy) return "no_payment_required";
  return paidBy.status === "succeeded" ? "paid" : "unpaid";
}

function complete(world: World, id: string, method: string, paidBy: PaymentIntent | null): void {
  const session = world.need("checkout_sessions", id);
  const record = world.need("checkout_records", id);
  const customer = session.customer ?? "";
  const { metadata, description, trialPeriodDays } = record.subscriptionData;
  attachMethod(world, method, customer);
  const { subscription, invoice } = startSubscription(world, {
    customer,
    items: record.lineItems.flatMap(({ price, quantity }) =>
      price ? [{ price, quantity: quantity ?? 1, metadata: {} }] : [],
    ),
    metadata,
    description,
    defaultPaymentMethod: method,
    trialEnd: trialPeriodDays ? world.nowFor(customer) + trialPeriodDays * 24 * 3600 : null,
    paidBy,
  });
  world.change(
    "checkout_sessions",
    id,
    {
      status: "complete",
      payment_status: paymentStatusOf(paidBy),
      subscription: subscription.id,
      invoice: invoice.id,
      url: null,
    },
    "checkout.session.completed",
  );
}
