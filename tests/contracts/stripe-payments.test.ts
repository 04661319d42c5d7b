/** The payments contract, kept by the Stripe adapter: the real SDK against the payments sandbox. */

import Stripe from "stripe";
import { expect, test } from "vitest";
import { createStripePayments } from "@/lib/integrations/payments/stripe/adapter";
import { createPolicy } from "@/lib/resilience/policy";
import { eventually } from "@/tests/support/poll";
import { injectFault, TEST_DEADLINES } from "@/tests/support/vendor-faults";
import { payHosted, STRIPE_WEBHOOK_SECRET, startVendors } from "@/tests/support/vendors";
import { describePayments, type PaymentsVendor } from "./payments.contract";

const PREVIOUS_SECRET = "whsec_cHJldmlvdXM=";

async function startStripe(): Promise<
  PaymentsVendor & { vendors: Awaited<ReturnType<typeof startVendors>> }
> {
  const vendors = await startVendors();
  const create = (changes: Partial<Parameters<typeof createStripePayments>[0]> = {}) =>
    createStripePayments({
      secretKey: "sk_test_sandbox",
      webhookSecrets: [STRIPE_WEBHOOK_SECRET, PREVIOUS_SECRET],
      apiBase: vendors.urls.stripe,
      mode: "sandbox",
      policy: createPolicy("stripe", TEST_DEADLINES),
      ...changes,
    });
  const provider = create();
  return {
    vendors,
    provider,
    anotherProvider: () => create(),
    badCredentials: create({ secretKey: "sk_test_of_somebody_else" }),
    withoutWebhookSecret: create({ webhookSecrets: [] }),
    pay: async (url) => {
      const status = await payHosted(url);
      if (status !== 303) throw new Error(`paying answered ${status}`);
    },
    deleteCustomer: async (customerId) => {
      await vendors.stripe.customers.del(customerId);
    },
    fail: (fault) => injectFault(vendors, "stripe", fault),
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

test("the adapter calls the vendor once per attempt: the SDK's own retries are off", async () => {
  const { provider, vendors, fail, stop } = await startStripe();
  try {
    for (const fault of ["server error", "connection reset", "rate limit"] as const) {
      await fail(fault);
      await expect(provider.getSubscription("sub_1")).rejects.toMatchObject({ name: "IntegrationError" });
      await vendors.clearFaults();
    }
    expect(
      (await vendors.vendorCalls()).filter(({ path }) => path.startsWith("/v1/subscriptions/")),
    ).toHaveLength(3);
  } finally {
    await stop();
  }
});

test("the adapter gives up the connection at the deadline", async () => {
  const { provider, vendors, fail, stop } = await startStripe();
  try {
    await fail("no answer");
    await expect(provider.getSubscription("sub_1")).rejects.toMatchObject({ kind: "timeout" });
    // The stand-in logs a call once its connection is closed.
    await eventually("the call to end", async () => (await vendors.vendorCalls()).length === 1, 2_000);
  } finally {
    await stop();
  }
});
