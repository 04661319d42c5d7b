import { AsyncLocalStorage } from "node:async_hooks";
import Stripe from "stripe";
import type { CallDescription, Policy } from "@/lib/resilience/policy";
import { toIntegrationError } from "./errors";

/** The version that requests are made in and webhooks must have; the SDK's types are of this one. */
export const API_VERSION = Stripe.API_VERSION;

export interface StripeClientOptions {
  secretKey: string;
  /** A stand-in's origin; undefined for Stripe itself. */
  apiBase: string | undefined;
  policy: Policy;
}

export interface StripeClient {
  sdk: Stripe;
  /** Runs SDK calls under the policy; everything they throw leaves as an `IntegrationError`. */
  call<T>(description: CallDescription, run: (sdk: Stripe) => Promise<T>): Promise<T>;
}

/**
 * The SDK takes no AbortSignal and retries on its own. A fetch client that reads the policy's signal from the async
 * context gives it one, and with it `maxNetworkRetries: 0` really means none.
 */
export function createStripeClient(options: StripeClientOptions): StripeClient {
  const currentSignal = new AsyncLocalStorage<AbortSignal>();
  const fetchWithSignal: typeof fetch = (input, init) => {
    const signals = [init?.signal, currentSignal.getStore()].filter((signal) => signal != null);
    return fetch(input, { ...init, ...(signals.length > 0 ? { signal: AbortSignal.any(signals) } : {}) });
  };
  const base = options.apiBase ? new URL(options.apiBase) : null;
  const sdk = new Stripe(options.secretKey, {
    apiVersion: API_VERSION,
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(fetchWithSignal),
    ...(base && {
      host: base.hostname,
      port: base.port || (base.protocol === "https:" ? 443 : 80),
      protocol: base.protocol === "https:" ? "https" : "http",
    }),
  });

  return {
    sdk,
    call: (description, run) =>
      options.policy(description, async (signal) => {
        try {
          return await currentSignal.run(signal, () => run(sdk));
        } catch (error) {
          throw toIntegrationError(error, description.operation);
        }
      }),
  };
}
