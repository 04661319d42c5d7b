import { randomUUID } from "node:crypto";
import type Stripe from "stripe";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { fingerprint } from "@/lib/integrations/provider-configuration";
import type { ProviderModeName } from "@/lib/provider-scope";
import type { Policy } from "@/lib/resilience/policy";
import type { CheckoutSnapshot, PaymentsProvider, SubscriptionSnapshot } from "../port";
import { createPriceResolver, pushCatalogue } from "./catalogue";
import { API_VERSION, createStripeClient, type StripeClient } from "./client";
import { nullWhenMissing, PROVIDER } from "./errors";
import { cardFrom, chargedTo, checkoutFrom, idOf, METADATA, subscriptionFrom } from "./mapping";
import { lists, reading } from "./reading";
import { verifyStripeWebhook } from "./webhook";

export interface StripePaymentsDeps {
  secretKey: string;
  /** Current first, then previous ones. */
  webhookSecrets: readonly string[];
  apiBase: string | undefined;
  mode: ProviderModeName;
  policy: Policy;
}

export function createStripePayments(deps: StripePaymentsDeps): PaymentsProvider {
  const client = createStripeClient(deps);
  const resolvePrice = createPriceResolver(client);
  return {
    scope: { provider: PROVIDER, mode: deps.mode, account: "" },
    apiVersion: API_VERSION,
    configuration: {
      provider: PROVIDER,
      mode: deps.mode,
      keyFingerprint: fingerprint(deps.secretKey),
      apiVersion: API_VERSION,
    },
    refuseIfOpen: client.refuseIfOpen,
    probe: (circuit) => client.probe(circuit, (sdk) => sdk.prices.list({ limit: 1 })),
    ...customers(client),
    ...checkouts(client, resolvePrice),
    ...subscriptions(client, resolvePrice),
    ...reading(client),
    ...lists(client, deps.mode),
    verifyWebhook: (input) =>
      verifyStripeWebhook({ ...input, secrets: deps.webhookSecrets, mode: deps.mode }),
    pushCatalogue: (plans) => pushCatalogue(client, plans),
  };
}

type Customers = Pick<
  PaymentsProvider,
  "createCustomer" | "findCustomerByOperation" | "hasCustomer" | "getCustomer" | "createPortal"
>;

function customers(client: StripeClient): Customers {
  const getCustomer: Customers["getCustomer"] = async (customerId) => {
    const customer = await nullWhenMissing(
      client.read("customers.retrieve", (sdk) => sdk.customers.retrieve(customerId)),
    );
    return customer && { id: customer.id, deleted: customer.deleted === true };
  };
  return {
    getCustomer,
    createCustomer: async ({ operationId, workspaceId, name, email }) => {
      const metadata = { [METADATA.workspace]: workspaceId, [METADATA.operation]: operationId };
      const customer = await client.write("customers.create", operationId, (sdk, options) =>
        sdk.customers.create({ name, email, metadata }, options),
      );
      return { customerId: customer.id };
    },
    findCustomerByOperation: async ({ operationId, email }) => {
      const found = await client.read("customers.list", (sdk) => sdk.customers.list({ email, limit: 100 }));
      const customer = found.data.find((one) => one.metadata[METADATA.operation] === operationId);
      return customer ? { customerId: customer.id } : null;
    },
    hasCustomer: async (customerId) => (await getCustomer(customerId))?.deleted === false,
    createPortal: async ({ customerId, returnUrl }) => {
      // Two pages do no harm: the key is only there so that one call may be tried again.
      const session = await client.write("portal.create", randomUUID(), (sdk, options) =>
        sdk.billingPortal.sessions.create({ customer: customerId, return_url: returnUrl }, options),
      );
      return { url: session.url };
    },
  };
}

function goneCheckout(id: string): CheckoutSnapshot {
  return { id, state: "expired", url: null, expiresAt: new Date(), operationId: null, subscriptionId: null };
}

type PriceResolver = ReturnType<typeof createPriceResolver>;
type Checkouts = Pick<
  PaymentsProvider,
  "createCheckout" | "getCheckout" | "findCheckoutByOperation" | "expireCheckout"
>;

function checkouts(client: StripeClient, resolvePrice: PriceResolver): Checkouts {
  const retrieve = (id: string) =>
    client.read("checkout.retrieve", (sdk) => sdk.checkout.sessions.retrieve(id));
  return {
    createCheckout: async (input) => {
      await client.refuseIfOpen("write", "checkout.create");
      const price = await resolvePrice(input.planKey, input.interval);
      const metadata = { [METADATA.workspace]: input.workspaceId, [METADATA.operation]: input.operationId };
      const params: Stripe.Checkout.SessionCreateParams = {
        mode: "subscription",
        customer: input.customerId,
        client_reference_id: input.workspaceId,
        line_items: [{ price, quantity: 1 }],
        success_url: input.successUrl,
        cancel_url: input.cancelUrl,
        expires_at: Math.floor(input.expiresAt.getTime() / 1000),
        metadata,
        subscription_data: { metadata },
      };
      const session = await client.write("checkout.create", input.operationId, (sdk, options) =>
        sdk.checkout.sessions.create(params, options),
      );
      return checkoutFrom(session);
    },
    getCheckout: async (checkoutId) => {
      const session = await nullWhenMissing(retrieve(checkoutId));
      return session && checkoutFrom(session);
    },
    findCheckoutByOperation: async ({ customerId, operationId }) => {
      const sessions = await client.read("checkout.list", (sdk) =>
        sdk.checkout.sessions.list({ customer: customerId, limit: 100 }),
      );
      const session = sessions.data.find((one) => one.metadata?.[METADATA.operation] === operationId);
      return session ? checkoutFrom(session) : null;
    },
    expireCheckout: async ({ checkoutId, operationId }) => {
      try {
        const session = await client.write("checkout.expire", `${operationId}:expire`, (sdk, options) =>
          sdk.checkout.sessions.expire(checkoutId, {}, options),
        );
        return checkoutFrom(session);
      } catch (error) {
        // Stripe refuses to expire what is paid or expired already: the session, if there still is one, says which.
        const isRefused = isIntegrationError(error) && ["invalid_request", "not_found"].includes(error.kind);
        if (!isRefused) throw error;
        const session = await nullWhenMissing(retrieve(checkoutId));
        return session ? checkoutFrom(session) : goneCheckout(checkoutId);
      }
    },
  };
}

/** The card of a subscription's own; its customer's by its id, for a deleted customer has nothing to be expanded. */
const READ_EXPAND = ["default_payment_method", "customer"];
/** Only a customer who is there has subscriptions that can be changed. */
const WRITE_EXPAND = ["default_payment_method", "customer.invoice_settings.default_payment_method"];

type Subscriptions = Pick<
  PaymentsProvider,
  "getSubscription" | "changePlan" | "setCancelAtPeriodEnd" | "cancelAndRefund" | "cancelSubscription"
>;

function subscriptions(client: StripeClient, resolvePrice: PriceResolver): Subscriptions {
  const retrieve = (id: string) =>
    client.read("subscriptions.retrieve", (sdk) => sdk.subscriptions.retrieve(id, { expand: READ_EXPAND }));
  const update = async (
    operation: string,
    id: string,
    params: Stripe.SubscriptionUpdateParams,
    operationId: string,
  ): Promise<SubscriptionSnapshot> => {
    const subscription = await client.write(operation, operationId, (sdk, options) =>
      sdk.subscriptions.update(id, { ...params, expand: WRITE_EXPAND }, options),
    );
    return subscriptionFrom(subscription);
  };
  return {
    getSubscription: async (id) => {
      const subscription = await nullWhenMissing(retrieve(id));
      if (!subscription) return null;
      const snapshot = subscriptionFrom(subscription);
      const method = chargedTo(subscription);
      if (typeof method !== "string") return snapshot;
      const read = client.read("payment-methods.retrieve", (sdk) => sdk.paymentMethods.retrieve(method));
      return { ...snapshot, card: cardFrom(await nullWhenMissing(read)) };
    },
    changePlan: async ({ operationId, subscriptionId, planKey, interval }) => {
      await client.refuseIfOpen("write", "subscriptions.change");
      const price = await resolvePrice(planKey, interval);
      const item = (await retrieve(subscriptionId)).items.data[0];
      // Without its id the new price would be added beside the old one, and both charged.
      if (!item) throw new Error(`subscription ${subscriptionId} has no item to change`);
      return update(
        "subscriptions.change",
        subscriptionId,
        {
          items: [{ id: item.id, price }],
          proration_behavior: "always_invoice",
          // A switch that cannot be paid for is refused and changes nothing.
          payment_behavior: "error_if_incomplete",
          metadata: { [METADATA.operation]: operationId },
        },
        operationId,
      );
    },
    setCancelAtPeriodEnd: ({ operationId, subscriptionId, cancel }) =>
      update(
        cancel ? "subscriptions.cancel" : "subscriptions.resume",
        subscriptionId,
        { cancel_at_period_end: cancel, metadata: { [METADATA.operation]: operationId } },
        operationId,
      ),
    cancelAndRefund: (input) => cancelAndRefund(client, input),
    cancelSubscription: async ({ operationId, subscriptionId }) => {
      // Of one that has ended Stripe answers that there is no such subscription: so it is with a second call.
      await nullWhenMissing(
        client.write("subscriptions.end", `${operationId}:end`, (sdk, options) =>
          sdk.subscriptions.cancel(subscriptionId, {}, options),
        ),
      );
    },
  };
}

async function cancelAndRefund(
  client: StripeClient,
  input: Parameters<PaymentsProvider["cancelAndRefund"]>[0],
): Promise<{ refundedAmount: number }> {
  const { operationId, subscriptionId, onlyIfBegun = false } = input;
  const current = await nullWhenMissing(
    client.read("subscriptions.retrieve", (sdk) => sdk.subscriptions.retrieve(subscriptionId)),
  );
  if (!current) return { refundedAmount: 0 };
  // It stays with the subscription for longer than the vendor remembers a key.
  const comment = `operation ${operationId}`;
  const isEnded = current.status === "canceled";
  const isBegun = isEnded && current.cancellation_details?.comment === comment;
  if (onlyIfBegun && !isBegun) return { refundedAmount: 0 };
  if (!isEnded) {
    await client.write("subscriptions.cancel", `${operationId}:cancel`, (sdk, options) =>
      sdk.subscriptions.cancel(subscriptionId, { cancellation_details: { comment } }, options),
    );
  }
  return giveBack(client, input);
}

/** What was paid for a subscription, less what went back before. */
async function giveBack(
  client: StripeClient,
  { operationId, subscriptionId }: { operationId: string; subscriptionId: string },
): Promise<{ refundedAmount: number }> {
  const invoices = await client.read("invoices.list", (sdk) =>
    sdk.invoices.list({
      subscription: subscriptionId,
      status: "paid",
      limit: 100,
      expand: ["data.payments"],
    }),
  );
  let refundedAmount = 0;
  for (const invoice of invoices.data) {
    for (const { id, payment, amount_paid: paid } of invoice.payments?.data ?? []) {
      if (!payment.payment_intent || !paid) continue;
      const intent = idOf(payment.payment_intent);
      const earlier = await client.read("refunds.list", (sdk) =>
        sdk.refunds.list({ payment_intent: intent, limit: 100 }),
      );
      const given = earlier.data
        .filter(({ status }) => status !== "failed" && status !== "canceled")
        .reduce((sum, { amount }) => sum + amount, 0);
      if (given < paid) {
        const refund: Stripe.RefundCreateParams = {
          payment_intent: intent,
          amount: paid - given,
          reason: "duplicate",
          metadata: { [METADATA.operation]: operationId },
        };
        await client.write("refunds.create", `${operationId}:refund:${id}:${given}`, (sdk, options) =>
          sdk.refunds.create(refund, options),
        );
      }
      refundedAmount += paid;
    }
  }
  return { refundedAmount };
}
