import { IntegrationError, isIntegrationError } from "@/lib/errors/integration-error";
import { fromNetworkFailure } from "@/lib/http/network-error";
import { fingerprint } from "@/lib/integrations/provider-configuration";
import type { ProviderModeName } from "@/lib/provider-scope";
import type { Attempt } from "@/lib/resilience/call";
import type { Policy } from "@/lib/resilience/policy";
import type { KeyedEmailProvider, SentLookup, SoughtMail, SuppressionRemoval } from "../port";
import { createResendSdk } from "./client";
import { PROVIDER, quotaOf, type ResendFailure, toIntegrationError } from "./errors";
import { lookUp, MAY_NOT_LOOK } from "./look-up";
import { KEY_TAG } from "./mapping";
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

/** Of a team, by default: https://resend.com/docs/api-reference/rate-limit. Each answer says what holds for this one. */
const DEFAULT_PER_SECOND = 5;

const SEND = "emails.send";
const LOOK_UP = "emails.list";
const REMOVE_SUPPRESSION = "suppressions.remove";

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
function isRestrictedKey(error: unknown): boolean {
  return isIntegrationError(error) && error.vendorCode === "restricted_api_key";
}

function removalOf(error: unknown): SuppressionRemoval {
  if (isRestrictedKey(error)) return "refused";
  if (isIntegrationError(error) && error.kind === "not_found") return "not_listed";
  throw error;
}

export function createResendEmail(deps: ResendEmailDeps): KeyedEmailProvider {
  const sdk = createResendSdk(deps);
  let perSecond = DEFAULT_PER_SECOND;

  async function settleWithLimit<T>(operation: string, attempt: Attempt, call: Promise<SdkAnswer<T>>) {
    const observe: Attempt["observe"] = (seen) => {
      // A limit of another window than a second says nothing about one.
      if (seen.quota?.limit && seen.quota.resetsInMs === 1_000) perSecond = seen.quota.limit;
      attempt.observe(seen);
    };
    return settle(operation, { ...attempt, observe }, call);
  }

  const read = <T>(call: (signal: AbortSignal) => Promise<SdkAnswer<T>>) =>
    deps.policy({ operation: LOOK_UP, effect: "read" }, (attempt) =>
      settle(LOOK_UP, attempt, call(attempt.signal)).catch((error: unknown) => {
        // An answer too: the vendor is well, and the key as it was meant to be.
        if (isRestrictedKey(error)) return MAY_NOT_LOOK;
        throw error;
      }),
    );
  const list = (after: string | undefined) =>
    read((signal) => sdk.emails.list({ limit: 100, ...(after === undefined ? {} : { after }) }, { signal }));
  const get = (id: string) => read((signal) => sdk.emails.get(id, { signal }));

  async function findSent(mail: SoughtMail): Promise<SentLookup> {
    const found = await lookUp({ list, get }, mail);
    if (found === undefined) {
      throw new IntegrationError("unavailable", { provider: PROVIDER, operation: LOOK_UP });
    }
    return found;
  }

  return {
    id: PROVIDER,
    get sendsPerSecond() {
      return perSecond;
    },
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
        const tags = [
          { name: "category", value: category },
          { name: KEY_TAG, value: idempotencyKey },
        ];
        const call = sdk.emails.send({ ...mail, tags }, { idempotencyKey, signal: attempt.signal });
        const sent = await settleWithLimit(SEND, attempt, call);
        if (typeof sent?.id === "string") return { messageId: sent.id };
        // Taken, it seems, but in no form that is known.
        throw new IntegrationError("unavailable", { provider: PROVIDER, operation: SEND });
      }),
    findSent,
    refuseToSendIfOpen: () => deps.policy.refuseIfOpen("write", SEND),
    removeSuppression: (address) =>
      deps.policy(
        { operation: REMOVE_SUPPRESSION, effect: "write", idempotencyKey: null, attempts: 1 },
        async (attempt): Promise<SuppressionRemoval> => {
          const call = sdk.suppressions.remove(address, { signal: attempt.signal });
          return settle(REMOVE_SUPPRESSION, attempt, call).then(() => "removed", removalOf);
        },
      ),
    probe: (circuit) =>
      deps.policy.probe(circuit, async (attempt) => {
        const call = sdk.domains.list({ limit: 1 }, { signal: attempt.signal });
        await settle("probe", attempt, call).catch((error: unknown) => {
          if (!isRestrictedKey(error)) throw error;
        });
      }),
    verifyWebhook: (input) => verifyResendWebhook({ ...input, secrets: deps.webhookSecrets }),
  };
}
