import { API_VERSION } from "@/lib/integrations/payments/stripe/client";
import type { Check, DoctorContext, Finding } from "./finding";

const TIMEOUT_MS = 5_000;
const SANDBOX_KEYS = ["sk_test_sandbox", "re_sandbox", "SG.sandbox"];

type Reply = { kind: "answer"; status: number; body: unknown } | { kind: "unreachable"; reason: string };

async function ask(url: string, key: string): Promise<Reply> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${key}`, "stripe-version": API_VERSION },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { kind: "answer", status: response.status, body: await response.json() };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return {
      kind: "unreachable",
      reason: cause instanceof Error ? cause.message || cause.name : String(cause),
    };
  }
}

const finding = (id: string, level: Finding["level"], message: string, fix?: string): Finding => ({
  id,
  group: "providers",
  level,
  message,
  ...(fix ? { fix } : {}),
});

const offline = (id: string, name: string, reason: string) =>
  finding(
    id,
    "warn",
    `${name} could not be reached: ${reason}.`,
    "Check the network, then run npm run doctor again.",
  );

/** Stripe takes the key; its endpoint for this app is there, enabled, and of the version that the app reads. */
export const checkStripe: Check = async ({ values }) => {
  const key = values.STRIPE_SECRET_KEY;
  if (!key || SANDBOX_KEYS.includes(key)) {
    return [finding("stripe", "ok", "Payments: the sandbox, for STRIPE_SECRET_KEY is not set.")];
  }
  const base = values.STRIPE_API_BASE ?? "https://api.stripe.com";
  const reply = await ask(`${base}/v1/account`, key);
  if (reply.kind === "unreachable") return [offline("stripe", "Stripe", reply.reason)];
  if (reply.status === 401) {
    const fix = "Set STRIPE_SECRET_KEY to a current key from https://dashboard.stripe.com/test/apikeys.";
    return [finding("stripe", "fail", "Stripe refuses STRIPE_SECRET_KEY.", fix)];
  }
  // A restricted key may not read the account; that it is told so proves that it is valid.
  const account = finding("stripe", "ok", `Stripe takes STRIPE_SECRET_KEY (status ${reply.status}).`);
  return [account, await stripeEndpoint(values, base, key)];
};

/** The fields that we read of https://docs.stripe.com/api/webhook_endpoints/object. */
type WebhookEndpoint = { url: string; status: string; api_version: string | null };

async function stripeEndpoint(values: DoctorContext["values"], base: string, key: string): Promise<Finding> {
  const id = "stripe-webhook";
  const appUrl = values.APP_URL?.replace(/\/$/, "");
  if (!appUrl || ["localhost", "127.0.0.1"].includes(new URL(appUrl).hostname)) {
    return finding(
      id,
      "ok",
      "No webhook endpoint is needed on this machine: dev fetches Stripe's events itself.",
    );
  }
  const wanted = `${appUrl}/api/webhooks/stripe`;
  const reply = await ask(`${base}/v1/webhook_endpoints?limit=100`, key);
  if (reply.kind === "unreachable") return offline(id, "Stripe", reply.reason);
  if (reply.status !== 200) {
    const fix = `See for yourself that ${wanted} is listed at https://dashboard.stripe.com/webhooks.`;
    return finding(id, "warn", "The key may not list webhook endpoints.", fix);
  }
  const { data } = reply.body as { data: WebhookEndpoint[] };
  const endpoint = data.find(({ url }) => url === wanted);
  if (!endpoint) {
    const fix = `Add ${wanted} at https://dashboard.stripe.com/webhooks, API version ${API_VERSION}, and set STRIPE_WEBHOOK_SECRET to its signing secret.`;
    return finding(id, "fail", `Stripe has no webhook endpoint ${wanted}.`, fix);
  }
  if (endpoint.status !== "enabled") {
    return finding(
      id,
      "fail",
      `The endpoint ${wanted} is ${endpoint.status}.`,
      "Enable it at https://dashboard.stripe.com/webhooks.",
    );
  }
  if (endpoint.api_version !== API_VERSION) {
    const message = `The endpoint ${wanted} sends API version ${endpoint.api_version ?? "of the account"}; the app reads ${API_VERSION} and quarantines others.`;
    const fix = `Make a new endpoint with API version ${API_VERSION}, and set STRIPE_WEBHOOK_SECRET to its signing secret.`;
    return finding(id, "fail", message, fix);
  }
  return finding(id, "ok", `The endpoint ${wanted} is enabled, version ${API_VERSION}.`);
}

/** Whether this vendor is the first or the second to send mail. */
function sendsMail(values: DoctorContext["values"], vendor: string): boolean {
  return vendor === (values.EMAIL_PROVIDER ?? "resend") || vendor === values.EMAIL_FALLBACK_PROVIDER;
}

/** SendGrid takes the key, and lets it send. */
export const checkSendgrid: Check = async ({ values }) => {
  if (!sendsMail(values, "sendgrid")) return [];
  const key = values.SENDGRID_API_KEY;
  if (!key || SANDBOX_KEYS.includes(key)) {
    return [
      finding("sendgrid", "ok", "E-mail through SendGrid: the sandbox, for SENDGRID_API_KEY is not set."),
    ];
  }
  const reply = await ask(`${values.SENDGRID_BASE_URL ?? "https://api.sendgrid.com"}/v3/scopes`, key);
  if (reply.kind === "unreachable") return [offline("sendgrid", "SendGrid", reply.reason)];
  if (reply.status !== 200) {
    const fix = "Set SENDGRID_API_KEY to a current key from https://app.sendgrid.com/settings/api_keys.";
    return [finding("sendgrid", "fail", `SendGrid refuses SENDGRID_API_KEY (status ${reply.status}).`, fix)];
  }
  const { scopes = [] } = reply.body as { scopes?: string[] };
  if (!scopes.includes("mail.send")) {
    const fix = "Give the key the access Mail Send at https://app.sendgrid.com/settings/api_keys.";
    return [finding("sendgrid", "fail", "SENDGRID_API_KEY may not send mail.", fix)];
  }
  return [finding("sendgrid", "ok", "SendGrid takes SENDGRID_API_KEY, which may send.")];
};

/** Resend takes the key, and has verified the sender's domain. */
export const checkResend: Check = async ({ values }) => {
  if (!sendsMail(values, "resend")) return [];
  const key = values.RESEND_API_KEY;
  if (!key || SANDBOX_KEYS.includes(key)) {
    return [finding("resend", "ok", "E-mail: the sandbox, for RESEND_API_KEY is not set.")];
  }
  const reply = await ask(`${values.RESEND_BASE_URL ?? "https://api.resend.com"}/domains`, key);
  if (reply.kind === "unreachable") return [offline("resend", "Resend", reply.reason)];
  const body = reply.body as { name?: string; data?: { name: string; status: string }[] };
  if (body.name === "restricted_api_key") {
    return [finding("resend", "ok", "Resend takes RESEND_API_KEY (it may only send, which is enough).")];
  }
  if (reply.status !== 200) {
    const fix = "Set RESEND_API_KEY to a current key from https://resend.com/api-keys.";
    return [finding("resend", "fail", `Resend refuses RESEND_API_KEY (status ${reply.status}).`, fix)];
  }
  return [
    finding("resend", "ok", "Resend takes RESEND_API_KEY."),
    ...senderDomain(values.EMAIL_FROM, body.data ?? []),
  ];
};

function senderDomain(from: string | undefined, domains: { name: string; status: string }[]): Finding[] {
  const domain = from?.match(/@([^\s@<>]+)>?$/)?.[1]?.toLowerCase();
  if (!domain || domain === "resend.dev") return [];
  const registered = domains.find(({ name }) => domain === name || domain.endsWith(`.${name}`));
  if (registered?.status === "verified") return [];
  const state = registered ? `is ${registered.status} at Resend` : "is not registered at Resend";
  const fix = `Verify ${domain} at https://resend.com/domains, or set EMAIL_FROM to a sender of a verified domain.`;
  return [
    finding(
      "resend-domain",
      "fail",
      `The domain of EMAIL_FROM, ${domain}, ${state}: mail will be refused.`,
      fix,
    ),
  ];
}
