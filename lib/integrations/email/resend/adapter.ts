import { IntegrationError, isIntegrationError } from "@/lib/errors/integration-error";
import { fromNetworkFailure } from "@/lib/http/network-error";
import { fingerprint } from "@/lib/integrations/provider-configuration";
import type { ProviderModeName } from "@/lib/provider-scope";
import type { Attempt } from "@/lib/resilience/call";
import type { Policy } from "@/lib/resilience/policy";
import type { KeyedEmailProvider } from "../port";
import { createResendSdk } from "./client";
import { PROVIDER, quotaOf, type ResendFailure, toIntegrationError } from "./errors";
import { verifyResendWebhook } from "./webhook";

export interface ResendEmailDeps {
  apiKey: string;
  /** Current first, then previous ones. */
  webhookSecrets: readonly string[];
  /** A stand-in's origin; undefined for Resend itself. */
  baseUrl: string | undefined;
  mode: ProviderModeName;
  policy: Policy;
}

/** A day, less an hour for clocks: https://resend.com/docs/dashboard/emails/idempotency-keys */
const KEY_LIFETIME_MS = 23 * 60 * 60 * 1000;

const SEND = "emails.send";

interface SdkAnswer<T> {
  data: T | null;
  error: ResendFailure | null;
  headers: Record<string, string> | null;
}

/** Ends one SDK call within an attempt: what it resolves as a failure is thrown, as a policy must see it. */
async function settle<T>(
  operation: string,
  { signal, observe }: Attempt,
  call: Promise<SdkAnswer<T>>,
): Promise<T | null> {
  const answer = await call.catch((thrown: unknown) => {
    throw fromNetworkFailure(thrown, { provider: PROVIDER, operation, signal });
  });
  const headers = new Headers(answer.headers ?? {});
  observe({ quota: quotaOf(headers) });
  if (answer.error) throw toIntegrationError(answer.error, operation, headers);
  return answer.data;
}

/** That a key may do nothing but send is an answer too, and no reason to wake anybody. */
function acceptRestrictedKey(error: unknown): void {
  if (!(isIntegrationError(error) && error.vendorCode === "restricted_api_key")) throw error;
}

export function createResendEmail(deps: ResendEmailDeps): KeyedEmailProvider {
  const sdk = createResendSdk(deps);
  return {
    id: PROVIDER,
    deduplication: "idempotency-key",
    keyLifetimeMs: KEY_LIFETIME_MS,
    configuration: {
      provider: PROVIDER,
      mode: deps.mode,
      keyFingerprint: fingerprint(deps.apiKey),
      apiVersion: null,
    },
    send: ({ category, ...mail }, { idempotencyKey }) =>
      deps.policy({ operation: SEND, effect: "write", idempotencyKey }, async (attempt) => {
        const tags = [{ name: "category", value: category }];
        const call = sdk.emails.send({ ...mail, tags }, { idempotencyKey, signal: attempt.signal });
        const sent = await settle(SEND, attempt, call);
        if (typeof sent?.id === "string") return { messageId: sent.id };
        // Taken, it seems, but in no form that is known.
        throw new IntegrationError("unavailable", { provider: PROVIDER, operation: SEND });
      }),
    probe: (circuit) =>
      deps.policy.probe(circuit, async (attempt) => {
        const call = sdk.domains.list({ limit: 1 }, { signal: attempt.signal });
        await settle("probe", attempt, call).catch(acceptRestrictedKey);
      }),
    verifyWebhook: (input) => verifyResendWebhook({ ...input, secrets: deps.webhookSecrets }),
  };
}
