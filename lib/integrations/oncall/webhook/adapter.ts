import { createHmac } from "node:crypto";
import { type Answer, exchange, UnreadableAnswer } from "@/lib/http/exchange";
import { fromNetworkFailure } from "@/lib/http/network-error";
import { fingerprint } from "@/lib/integrations/provider-configuration";
import type { ProviderModeName } from "@/lib/provider-scope";
import type { Policy } from "@/lib/resilience/policy";
import type { OnCall, OnCallAlert } from "../port";
import { PROVIDER, toIntegrationError } from "./errors";

export interface WebhookOnCallDeps {
  /** A secret in itself (whoever has Slack's may write to the channel): never logged, never part of an error. */
  url: string;
  /** Signs what is sent, for receivers that check it. */
  secret: string;
  mode: ProviderModeName;
  policy: Policy;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

const NOTIFY = "alert.notify";

/** Slack reads these three as markup: https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function bodyOf({ severity, title, text, url }: OnCallAlert): string {
  const headline = `*${severity === "critical" ? "Critical" : "Warning"}: ${escaped(title)}*`;
  return JSON.stringify({ text: `${headline}\n${escaped(text)}\n<${url}>` });
}

/** `t=<unix seconds>,v1=<hex HMAC-SHA-256 of "<t>.<body>">`: a receiver checks who sent it, and when. */
function signatureOf(body: string, secret: string, now: number): string {
  const seconds = Math.floor(now / 1000);
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

export function createWebhookOnCall(deps: WebhookOnCallDeps): OnCall {
  const { url, secret, mode, policy, now = Date.now } = deps;

  async function post(alert: OnCallAlert, signal: AbortSignal): Promise<Answer> {
    const body = bodyOf(alert);
    const headers = {
      "content-type": "application/json",
      "idempotency-key": alert.id,
      "x-breakwater-signature": signatureOf(body, secret, now()),
    };
    try {
      const answer = await exchange({ url, method: "POST", headers, body, signal });
      // Receivers answer whatever they like; but a page comes from something that stands before them.
      if (isSuccess(answer) && answer.text.trimStart().startsWith("<")) throw new UnreadableAnswer("a page");
      return answer;
    } catch (error) {
      throw fromNetworkFailure(error, { provider: PROVIDER, operation: NOTIFY, signal });
    }
  }

  return {
    configuration: { provider: PROVIDER, mode, keyFingerprint: fingerprint(url), apiVersion: null },
    // Some receivers know the key that is sent along, Slack does not: so it counts as none.
    notify: (alert) =>
      policy(
        { operation: NOTIFY, effect: "write", idempotencyKey: null, attempts: 1 },
        async ({ signal }) => {
          const answer = await post(alert, signal);
          if (!isSuccess(answer)) throw toIntegrationError(answer, NOTIFY);
        },
      ),
  };
}
