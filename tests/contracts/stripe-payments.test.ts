/** The payments contract, kept by the Stripe adapter: the real SDK against the payments sandbox. */
import { randomUUID } from "node:crypto";
import Stripe from "stripe";
import { createStripePayments } from "@/lib/integrations/payments/stripe/adapter";
import { createCircuitBreakers } from "@/lib/resilience/circuit-breaker";
import { systemClock } from "@/lib/resilience/clock";
import { createMemoryCircuitStore } from "@/lib/resilience/memory-circuit-store";
import { freePort } from "@/scripts/stack/ports";
import { eventually } from "@/tests/support/poll";
import { createTestPolicy } from "@/tests/support/test-policy";
import { payHosted, STRIPE_WEBHOOK_SECRET, startVendors } from "@/tests/support/vendors";
import { describePayments } from "./payments.contract";
import type { PaymentsVendor } from "./payments-vendor";

const PREVIOUS_SECRET = "whsec_cHJldmlvdXM=";

/** Payment methods of the test mode: https://docs.stripe.com/testing. */
const CARDS = {
  works: "pm_card_visa",
  refused: "pm_card_visa_chargeDeclined",
  disputed: "pm_card_createDispute",
} as const;

function declined(error: unknown): void {
  if (!(error instanceof Stripe.errors.StripeCardError)) throw error;
}

async function startStripe(): Promise<PaymentsVendor> {
  const vendors = await startVendors();
  const create = (changes: Partial<Parameters<typeof createStripePayments>[0]> = {}) =>
    createStripePayments({
      secretKey: "sk_test_sandbox",
      webhookSecrets: [STRIPE_WEBHOOK_SECRET, PREVIOUS_SECRET],
      apiBase: vendors.urls.stripe,
      mode: "sandbox",
      policy: createTestPolicy("stripe"),
      ...changes,
    });
  const provider = create();
  return {
    provider,
    anotherProvider: () => create(),
    badCredentials: create({ secretKey: "sk_test_of_somebody_else" }),
    withoutWebhookSecret: create({ webhookSecrets: [] }),
    withWritesRefused: async () => {
      const store = createMemoryCircuitStore(systemClock);
      await store.override({ provider: "stripe", mode: "sandbox", effect: "write" }, "open");
      const breakers = createCircuitBreakers({ store, clock: systemClock, newOwner: randomUUID });
      const policy = createTestPolicy("stripe", { breakers });
      return create({ apiBase: `http://127.0.0.1:${await freePort()}`, policy });
    },
    pay: async (url) => {
      const status = await payHosted(url);
      if (status !== 303) throw new Error(`paying answered ${status}`);
    },
    deleteCustomer: async (customerId) => {
      await vendors.stripe.customers.del(customerId);
    },
    payAlone: async (customer, card) => {
      const intent = await vendors.stripe.paymentIntents.create({
        amount: 1_500,
        currency: "usd",
        ...(customer === null ? {} : { customer }),
      });
      const paying = vendors.stripe.paymentIntents.confirm(intent.id, { payment_method: CARDS[card] });
      if (card === "refused") await paying.catch(declined);
      else await paying;
      return { paymentId: intent.id };
    },
    giveBack: async (paymentId, amount) => {
      const refund = await vendors.stripe.refunds.create({ payment_intent: paymentId, amount });
      return { refundId: refund.id };
    },
    disputeOf: (paymentId) =>
      eventually("the dispute", async () => {
        const { data } = await vendors.stripe.disputes.list({ payment_intent: paymentId });
        return data[0] && { disputeId: data[0].id };
      }),
    paymentOfInvoice: async (customer) => {
      const invoices = await vendors.stripe.invoices.list({ customer, limit: 1, expand: ["data.payments"] });
      const [invoice] = invoices.data;
      const payment = invoice?.payments?.data[0]?.payment.payment_intent;
      if (!invoice || typeof payment !== "string") throw new Error(`no paid invoice of ${customer}`);
      return { paymentId: payment, invoiceId: invoice.id };
    },
    loseNextAnswer: async () => {
      // A POST or DELETE: whatever writes.
      for (const route of ["POST /v1/*", "DELETE /v1/*"]) {
        await vendors.addFault({ vendor: "stripe", kind: "reset", phase: "body", route, times: 1 });
      }
    },
    heal: vendors.clearFaults,
    books: async (customer) => {
      const [invoices, charges] = await Promise.all([
        vendors.stripe.invoices.list({ customer, limit: 100 }),
        vendors.stripe.charges.list({ customer, limit: 100 }),
      ]);
      const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);
      return {
        charged: sum(charges.data.filter(({ paid }) => paid).map(({ amount }) => amount)),
        refunded: sum(charges.data.map(({ amount_refunded }) => amount_refunded)),
        invoices: invoices.data.length,
      };
    },
    deliveredWebhook: async () => {
      await vendors.stripe.customers.create({ email: "webhook@example.com" });
      const delivery = await eventually("a webhook", async () =>
        vendors.deliveries.find(({ vendor }) => vendor === "stripe"),
      );
      return { headers: new Headers(delivery.headers), body: Buffer.from(delivery.body) };
    },
    resign: (body, whose, at) =>
      new Headers({
        "stripe-signature": Stripe.webhooks.generateTestHeaderString({
          payload: body.toString("utf8"),
          secret: whose === "previous" ? PREVIOUS_SECRET : "whsec_c29tZWJvZHkgZWxzZQ==",
          timestamp: Math.floor(at.getTime() / 1000),
        }),
      }),
    stop: vendors.stop,
  };
}

describePayments("Stripe", startStripe);
