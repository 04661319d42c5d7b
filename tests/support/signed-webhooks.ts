/** Webhooks as the three vendors sign them, and ways to change one so that it must not be believed. */
import { createHmac, createPrivateKey, randomUUID, sign } from "node:crypto";
import Stripe from "stripe";
import { RESEND_WEBHOOK_SECRET, SENDGRID_PRIVATE_KEY, STRIPE_WEBHOOK_SECRET } from "./vendors";

export const SIGNING_VENDORS = ["stripe", "resend", "sendgrid"] as const;
export type SigningVendor = (typeof SIGNING_VENDORS)[number];

export interface SignedWebhook {
  body: Buffer;
  /** Of the signature, with the names that the vendor gives them. */
  headers: Record<string, string>;
}

export interface Signing {
  /** Of Stripe and Resend; SendGrid's is a key pair. */
  secret?: string;
  privateKey?: string;
  /** Seconds since 1970. */
  at?: number;
  apiVersion?: string;
}

const now = () => Math.floor(Date.now() / 1000);

function stripeWebhook({ secret = STRIPE_WEBHOOK_SECRET, at = now(), apiVersion }: Signing): SignedWebhook {
  const text = JSON.stringify({
    id: `evt_${randomUUID().replaceAll("-", "")}`,
    object: "event",
    api_version: apiVersion ?? Stripe.API_VERSION,
    created: at,
    livemode: false,
    // Stored, and nothing is done with it.
    type: "product.updated",
    data: { object: { id: "prod_1", object: "product", name: "Grüße" } },
  });
  const signature = createHmac("sha256", secret).update(`${at}.${text}`).digest("hex");
  return { body: Buffer.from(text), headers: { "stripe-signature": `t=${at},v1=${signature}` } };
}

function resendWebhook({ secret = RESEND_WEBHOOK_SECRET, at = now() }: Signing): SignedWebhook {
  const created_at = new Date(at * 1000).toISOString();
  const text = JSON.stringify({ type: "email.opened", created_at, data: { email_id: randomUUID() } });
  const id = `msg_${randomUUID()}`;
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${at}.${text}`).digest("base64");
  return {
    body: Buffer.from(text),
    headers: { "svix-id": id, "svix-timestamp": `${at}`, "svix-signature": `v1,${signature}` },
  };
}

function sendGridWebhook({ privateKey = SENDGRID_PRIVATE_KEY, at = now() }: Signing): SignedWebhook {
  const text = JSON.stringify([{ event: "open", sg_event_id: randomUUID(), timestamp: at }]);
  const key = createPrivateKey({ key: Buffer.from(privateKey, "base64"), format: "der", type: "pkcs8" });
  return {
    body: Buffer.from(text),
    headers: {
      "x-twilio-email-event-webhook-timestamp": `${at}`,
      "x-twilio-email-event-webhook-signature": sign("sha256", Buffer.from(`${at}${text}`), key).toString(
        "base64",
      ),
    },
  };
}

/** A webhook that is to be believed, with an id of its own. */
export function signedWebhook(vendor: SigningVendor, signing: Signing = {}): SignedWebhook {
  switch (vendor) {
    case "stripe":
      return stripeWebhook(signing);
    case "resend":
      return resendWebhook(signing);
    case "sendgrid":
      return sendGridWebhook(signing);
    default:
      return vendor satisfies never;
  }
}

/** Numbers in [0, 1) that come again with the same seed: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Change = (webhook: SignedWebhook, below: (count: number) => number) => SignedWebhook;

/** The character classes that signatures and times are written in, so that what is made up is nearly right. */
const ALPHABET = "0123456789abcdefABCDEF+/=,. tvx-";

function changedText(text: string, below: (count: number) => number): string {
  const at = below(text.length);
  const letter = ALPHABET[below(ALPHABET.length)] ?? "0";
  switch (below(4)) {
    case 0:
      return text.slice(0, at) + letter + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + letter + text.slice(at);
    default:
      return text.slice(0, at);
  }
}

const changedBody: Change = ({ body, headers }, below) => {
  const at = below(body.length);
  const bytes = Buffer.from(body);
  switch (below(4)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
      return { body: bytes, headers };
    case 1:
      return { body: Buffer.concat([body.subarray(0, at), body.subarray(at + 1)]), headers };
    case 2:
      return {
        body: Buffer.concat([body.subarray(0, at), Buffer.of(below(256)), body.subarray(at)]),
        headers,
      };
    default:
      return { body: body.subarray(0, at), headers };
  }
};

const changedHeader: Change = ({ body, headers }, below) => {
  const names = Object.keys(headers);
  const name = names[below(names.length)] ?? "";
  return { body, headers: { ...headers, [name]: changedText(headers[name] ?? "", below) } };
};

const missingHeader: Change = ({ body, headers }, below) => {
  const gone = below(Object.keys(headers).length);
  return { body, headers: Object.fromEntries(Object.entries(headers).filter((_, index) => index !== gone)) };
};

const CHANGES: readonly Change[] = [changedBody, changedBody, changedHeader, changedHeader, missingHeader];

/** The same webhook with a byte or a character of body, signature or time changed, added, cut or gone. */
export function mutated(webhook: SignedWebhook, random: () => number): SignedWebhook {
  const below = (count: number) => Math.floor(random() * count);
  return (CHANGES[below(CHANGES.length)] ?? changedBody)(webhook, below);
}
