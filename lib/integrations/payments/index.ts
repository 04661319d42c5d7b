/** The one selector of the payments provider. */
import { policyFor } from "@/lib/compose";
import { env } from "@/lib/env";
import { processSingleton } from "@/lib/process-singleton";
import { paymentsScope } from "@/lib/provider-scope";
import type { PaymentsProvider } from "./port";
import { createStripePayments } from "./stripe/adapter";

function select(): PaymentsProvider {
  switch (env.PAYMENTS_PROVIDER) {
    case "stripe":
      return createStripePayments({
        // The boot check has refused a process without a key; the SDK's constructor throws on an empty one.
        secretKey: env.STRIPE_SECRET_KEY ?? "unconfigured",
        webhookSecrets: env.STRIPE_WEBHOOK_SECRET ?? [],
        apiBase: env.STRIPE_API_BASE,
        mode: paymentsScope().mode,
        policy: policyFor("stripe"),
      });
    default:
      return env.PAYMENTS_PROVIDER satisfies never;
  }
}

export function payments(): PaymentsProvider {
  return processSingleton("payments", select);
}
