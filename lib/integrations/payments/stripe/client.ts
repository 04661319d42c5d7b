import { AsyncLocalStorage } from "node:async_hooks";
import Stripe from "stripe";
import type { Attempt, CallDescription, Effect } from "@/lib/resilience/call";
import type { Policy } from "@/lib/resilience/policy";
import { toIntegrationError } from "./errors";

/** The version that requests are made in and webhooks must have; the SDK's types are of this one. */
export const API_VERSION = Stripe.API_VERSION;

export interface StripeClientOptions {
  secretKey: string;
  /** A stand-in's origin; undefined for Stripe itself. */
  apiBase: string | undefined;
  policy: Policy;
}

/** Runs SDK calls under the policy; everything that they throw leaves as an `IntegrationError`. */
export interface StripeClient {
  read<T>(operation: string, run: (sdk: Stripe) => Promise<T>): Promise<T>;
  /** `run` passes `options` on: the key that retries rely on is the key that is sent. */
  write<T>(
    operation: string,
    idempotencyKey: string,
    run: (sdk: Stripe, options: { idempotencyKey: string }) => Promise<T>,
  ): Promise<T>;
  probe(circuit: Effect, run: (sdk: Stripe) => Promise<unknown>): Promise<boolean>;
  /** @throws IntegrationError circuit_open, where that circuit would refuse a call now */
  refuseIfOpen(circuit: Effect, operation: string): Promise<void>;
}

/**
 * The SDK takes no AbortSignal and retries on its own. A fetch client that finds the attempt in the async context
 * gives it one, and with it `maxNetworkRetries: 0` really means none.
 */
export function createStripeClient(options: StripeClientOptions): StripeClient {
  const { policy } = options;
  const current = new AsyncLocalStorage<Attempt>();
  const fetchInAttempt: typeof fetch = async (input, init) => {
    const attempt = current.getStore();
    const signals = [init?.signal, attempt?.signal].filter((signal) => signal != null);
    const response = await fetch(input, { ...init, signal: AbortSignal.any(signals) });
    attempt?.observe({ requestId: response.headers.get("request-id") });
    return response;
  };
  const base = options.apiBase ? new URL(options.apiBase) : null;
  const sdk = new Stripe(options.secretKey, {
    apiVersion: API_VERSION,
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(fetchInAttempt),
    ...(base && {
      host: base.hostname,
      port: base.port || (base.protocol === "https:" ? 443 : 80),
      protocol: base.protocol === "https:" ? "https" : "http",
    }),
  });

  const inAttempt =
    <T>(operation: string, run: () => Promise<T>) =>
    async (attempt: Attempt): Promise<T> => {
      try {
        return await current.run(attempt, run);
      } catch (error) {
        throw toIntegrationError(error, operation);
      }
    };
  const call = <T>(description: CallDescription, run: () => Promise<T>) =>
    policy(description, inAttempt(description.operation, run));

  return {
    read: (operation, run) => call({ operation, effect: "read" }, () => run(sdk)),
    write: (operation, idempotencyKey, run) =>
      call({ operation, effect: "write", idempotencyKey }, () => run(sdk, { idempotencyKey })),
    probe: (circuit, run) =>
      policy.probe(
        circuit,
        inAttempt("probe", () => run(sdk)),
      ),
    refuseIfOpen: policy.refuseIfOpen,
  };
}
