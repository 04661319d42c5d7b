import { IntegrationError } from "@/lib/errors/integration-error";
import { fingerprint } from "@/lib/integrations/provider-configuration";
import type { ProviderModeName } from "@/lib/provider-scope";
import type { Policy } from "@/lib/resilience/policy";
import type { LookupEmailProvider, SentLookup, SoughtMail, SuppressionRemoval } from "../port";
import { createSendGridClient } from "./client";
import { PROVIDER } from "./errors";
import { activityQuery, foundMessageId, toMailSend } from "./mapping";
import { publicKeysOf, verifySendGridWebhook } from "./webhook";

export interface SendGridEmailDeps {
  apiKey: string;
  /** Of the signed event webhook, base64: current first, then previous ones. */
  webhookPublicKeys: readonly string[];
  /** A stand-in's origin; undefined for SendGrid itself. */
  baseUrl: string | undefined;
  mode: ProviderModeName;
  policy: Policy;
}

/** The activity feed lags behind by minutes, and nobody says by how many at most. */
const LOOKUP_LAG_MS = 10 * 60 * 1000;

/** What the activity feed answers to an account, a plan or a key that has no part in it. */
const MAY_NOT_LOOK: readonly number[] = [400, 403, 404];

/**
 * Lists that an address gets onto without its reader's wish, and that mails are dropped for:
 * https://www.twilio.com/docs/sendgrid/ui/sending-email/index-suppressions
 */
const LISTS = ["bounces", "spam_reports", "invalid_emails"] as const;
/** What a key answers that may not touch them. */
const MAY_NOT_REMOVE = 403;
const NOT_LISTED = 404;

const SEND = "mail.send";
const REMOVE_SUPPRESSION = "suppressions.remove";
const LOOK_UP = "messages.list";

export function createSendGridEmail(deps: SendGridEmailDeps): LookupEmailProvider {
  const client = createSendGridClient(deps);
  const publicKeys = publicKeysOf(deps.webhookPublicKeys);
  const unreadable = (operation: string) =>
    new IntegrationError("unavailable", { provider: PROVIDER, operation });

  async function findSent({ key }: SoughtMail): Promise<SentLookup> {
    const { status, body } = await client.call(
      { operation: LOOK_UP, effect: "read" },
      { method: "GET", path: `/v3/messages?${activityQuery(key)}`, alsoAnswers: MAY_NOT_LOOK },
    );
    if (MAY_NOT_LOOK.includes(status)) return { kind: "refused" };
    const messageId = foundMessageId(body);
    if (messageId === undefined) throw unreadable(LOOK_UP);
    return messageId === null ? { kind: "not_found" } : { kind: "found", messageId };
  }

  async function removeFrom(list: (typeof LISTS)[number], address: string): Promise<number> {
    const { status } = await client.call(
      { operation: REMOVE_SUPPRESSION, effect: "write", idempotencyKey: null, attempts: 1 },
      {
        method: "DELETE",
        path: `/v3/suppression/${list}/${encodeURIComponent(address)}`,
        alsoAnswers: [MAY_NOT_REMOVE, NOT_LISTED],
      },
    );
    return status;
  }

  async function removeSuppression(address: string): Promise<SuppressionRemoval> {
    const statuses = await Promise.all(LISTS.map((list) => removeFrom(list, address)));
    if (statuses.includes(MAY_NOT_REMOVE)) return "refused";
    return statuses.every((status) => status === NOT_LISTED) ? "not_listed" : "removed";
  }

  return {
    id: PROVIDER,
    // None is published for sending; the limits of its other endpoints do not hold for that one.
    sendsPerSecond: null,
    deduplication: "lookup",
    lookupLagMs: LOOKUP_LAG_MS,
    configuration: {
      provider: PROVIDER,
      mode: deps.mode,
      keyFingerprint: fingerprint(deps.apiKey),
      apiVersion: "v3",
    },
    // The vendor knows no idempotency keys: what is sent twice arrives twice.
    send: async (message, { idempotencyKey }) => {
      const { headers } = await client.call(
        { operation: SEND, effect: "write", idempotencyKey: null, attempts: 1 },
        { method: "POST", path: "/v3/mail/send", json: toMailSend(message, idempotencyKey) },
      );
      const messageId = headers.get("x-message-id");
      if (!messageId) throw unreadable(SEND);
      return { messageId };
    },
    findSent,
    removeSuppression,
    refuseToSendIfOpen: () => deps.policy.refuseIfOpen("write", SEND),
    probe: (circuit) => client.probe(circuit, { method: "GET", path: "/v3/scopes" }),
    verifyWebhook: (input) => verifySendGridWebhook({ ...input, publicKeys }),
  };
}
