import { createStripePayments } from "@/lib/integrations/payments/stripe/adapter";
import type { Policy } from "@/lib/resilience/policy";
import { STRIPE_WEBHOOK_SECRET, startVendors } from "@/tests/support/vendors";
import { describeVendorFaults } from "./vendor-faults.contract";

describeVendorFaults("Stripe", ["a read", "a write"], async () => {
  const vendors = await startVendors();
  const adapter = (policy: Policy) =>
    createStripePayments({
      secretKey: "sk_test_sandbox",
      webhookSecrets: [STRIPE_WEBHOOK_SECRET],
      apiBase: vendors.urls.stripe,
      mode: "sandbox",
      policy,
    });
  const known = await vendors.stripe.customers.create({ email: "known@example.com" });
  return {
    vendor: "stripe",
    vendors,
    differs: { "402": { kind: "declined", retried: false } },
    calls: {
      "a read": {
        attempts: 3,
        run: (policy) =>
          adapter(policy).findCheckoutByOperation({ customerId: known.id, operationId: "none" }),
      },
      "a write": {
        attempts: 3,
        run: (policy, operationId) =>
          adapter(policy).createCustomer({
            operationId,
            workspaceId: operationId,
            name: "Ann",
            email: `${operationId}@example.com`,
          }),
        effects: async (key) =>
          (await vendors.stripe.customers.list({ email: `${key}@example.com`, limit: 100 })).data.length,
      },
    },
  };
});
