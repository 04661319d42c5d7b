/** The billing portal: what a customer may look at and do there. */
import { makeSetupIntent } from "../objects/make-setup-intent";
import type { PortalConfiguration, PortalSession, Price, Subscription } from "../wire";
import type { World } from "../world";
import { cancellationFields, cancelSubscription } from "./cancellations";
import {
  type CardInput,
  createCard,
  needsAuthentication,
  type PaymentOutcome,
  predictCharge,
} from "./payments";
import { planChange, prorationLines } from "./proration";
import { failSetUp, setUpCard } from "./set-up-card";
import { changeSubscription, defaultMethodOf } from "./subscriptions";

const RUNNING = ["active", "trialing", "past_due"];

/** The customer's newest subscription that still runs. */
export function currentSubscription(world: World, customer: string): Subscription | undefined {
  return world
    .list("subscriptions")
    .findLast((subscription) => subscription.customer === customer && RUNNING.includes(subscription.status));
}

/** What one may switch to: the configuration's prices, or else every active recurring price with a lookup key. */
export function offeredPrices(
  world: World,
  configuration: PortalConfiguration,
  subscription: Subscription,
): Price[] {
  const listed =
    configuration.features.subscription_update.products?.flatMap((product) => product.prices) ?? [];
  const current = subscription.items.data[0]?.price.id;
  return world
    .list("prices")
    .filter((price) => {
      if (!price.active || !price.recurring || price.currency !== subscription.currency) return false;
      if (price.id === current) return false;
      return listed.length > 0 ? listed.includes(price.id) : price.lookup_key !== null;
    })
    .toSorted((left, right) => (left.unit_amount ?? 0) - (right.unit_amount ?? 0));
}

export type SwitchOutcome = { kind: "switched" } | { kind: "declined"; message: string };

/** Switches at once. A card that would be refused leaves everything as it was. */
export function switchPlan(
  world: World,
  configuration: PortalConfiguration,
  subscription: Subscription,
  price: Price,
): SwitchOutcome {
  const item = subscription.items.data[0];
  if (!item) throw new Error(`${subscription.id} has no items.`);
  const items = [{ id: item.id, price }];
  const now = world.nowFor(subscription.customer);
  const behavior = configuration.features.subscription_update.proration_behavior;
  const prorationBehavior =
    behavior === "none"
      ? "none"
      : behavior === "create_prorations"
        ? "create_prorations"
        : ("always_invoice" as const);
  const method = defaultMethodOf(world, subscription);
  const decline =
    method && costsNow(world, subscription, price, now) > 0 ? predictCharge(world, method) : null;
  if (decline) return { kind: "declined", message: decline.message };
  changeSubscription(world, subscription.id, { items, prorationBehavior, fields: {} });
  return { kind: "switched" };
}

/** Minor units that a switch would charge (or credit, negative) now. */
export function costsNow(world: World, subscription: Subscription, price: Price, now: number): number {
  const item = subscription.items.data[0];
  if (!item) return 0;
  const plan = planChange(subscription, [{ id: item.id, price }], now);
  return prorationLines(world, subscription, plan, now, true).reduce((sum, line) => sum + line.amount, 0);
}

/** Cancels as the configuration says: at the period's end, or at once. */
export function cancelInPortal(
  world: World,
  configuration: PortalConfiguration,
  subscription: Subscription,
): void {
  if (configuration.features.subscription_cancel.mode === "immediately") {
    cancelSubscription(world, subscription.id, { reason: "cancellation_requested" });
    return;
  }
  setCancellation(world, subscription, true);
}

export function resumeInPortal(world: World, subscription: Subscription): void {
  setCancellation(world, subscription, false);
}

function setCancellation(world: World, subscription: Subscription, cancels: boolean): void {
  const now = world.nowFor(subscription.customer);
  const fields = cancellationFields(subscription, cancels, now);
  changeSubscription(world, subscription.id, { items: [], prorationBehavior: "none", fields });
}

/** Takes a new card; what comes of it is as for any SetupIntent. */
export function changeCard(world: World, session: PortalSession, card: CardInput): PaymentOutcome {
  const method = createCard(world, card);
  const intent = makeSetupIntent({ created: world.nowFor(session.customer), customer: session.customer });
  world.add("setup_intents", intent, "setup_intent.created");
  world.put("portal_records", { id: session.id, setupIntent: intent.id });
  return finish(world, session, intent.id, method.id, false);
}

/** Whether the portal waits for a 3-D Secure click. */
export function cardAwaitsAuthentication(world: World, session: PortalSession): boolean {
  const record = world.get("portal_records", session.id);
  const intent = record && world.get("setup_intents", record.setupIntent);
  return intent?.status === "requires_action" && intent.payment_method !== null
    ? needsAuthentication(world, intent.payment_method)
    : false;
}

/** The click on the 3-D Secure page; a message when it failed. */
export function finishCardAuthentication(
  world: World,
  session: PortalSession,
  passed: boolean,
): string | null {
  const { setupIntent } = world.need("portal_records", session.id);
  const method = world.need("setup_intents", setupIntent).payment_method;
  if (!passed || !method) return failSetUp(world, setupIntent);
  const outcome = finish(world, session, setupIntent, method, true);
  return outcome.kind === "declined" ? outcome.decline.message : null;
}

function finish(
  world: World,
  session: PortalSession,
  intent: string,
  method: string,
  authenticated: boolean,
): PaymentOutcome {
  const authenticationUrl = `${world.baseUrl}/portal/${session.id}/3ds`;
  const outcome = setUpCard(world, intent, method, { authenticated, authenticationUrl, returnUrl: null });
  if (outcome.kind !== "succeeded") return outcome;
  const customer = world.need("customers", session.customer);
  const invoice_settings = { ...customer.invoice_settings, default_payment_method: method };
  world.change("customers", customer.id, { invoice_settings }, "customer.updated");
  const subscription = currentSubscription(world, customer.id);
  if (subscription) {
    const changes = { default_payment_method: method };
    world.change("subscriptions", subscription.id, changes, "customer.subscription.updated");
  }
  return outcome;
}
