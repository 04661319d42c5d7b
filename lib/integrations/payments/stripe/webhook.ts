import { createHmac, timingSafeEqual } from "node:crypto";
import type Stripe from "stripe";
import { z } from "zod";
import { WEBHOOK_TOLERANCE_SECONDS, type WebhookVerification } from "@/lib/integrations/webhook-verification";
import type { ProviderModeName } from "@/lib/provider-scope";
import type { PaymentsEvent } from "../port";
import { operationIdOf, upcomingOf } from "./mapping";

/** What is read of an event below. The object is not walked through: it may be large, and is only a hint. */
const envelope = z.object({
  id: z.string().min(1),
  type: z.string().min(1),
  created: z.number(),
  livemode: z.boolean(),
  api_version: z.string().nullable(),
  account: z.string().optional(),
  data: z.object({
    object: z.custom((object) => typeof object === "object" && object !== null && !Array.isArray(object)),
  }),
});

interface Signed {
  /** Unix seconds, as they were signed. */
  timestamp: string;
  /** Of the scheme v1: hexadecimal. Several while a secret rolls. */
  signatures: string[];
}

/**
 * The `Stripe-Signature` header: https://docs.stripe.com/webhooks#verify-manually. Null for what the vendor does not
 * write; two times would leave open which of them was signed.
 */
function parseSignature(header: string): Signed | null {
  const parts = header.split(",").map((part) => /^([a-z0-9]+)=([^\s=]+)$/.exec(part));
  const valuesOf = (scheme: string) => parts.flatMap((part) => (part?.[1] === scheme ? [part[2] ?? ""] : []));
  const [timestamp, ...others] = valuesOf("t");
  const isWellFormed = parts.every((part) => part !== null) && others.length === 0;
  if (!isWellFormed || !timestamp || !/^[1-9]\d*$/.test(timestamp)) return null;
  return { timestamp, signatures: valuesOf("v1") };
}

function constantTimeEqual(a: string, b: string): boolean {
  return Buffer.byteLength(a) === Buffer.byteLength(b) && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** Over the raw bytes: what they would be as text need not be the same. */
function isSignedBy(secret: string, body: Buffer, { timestamp, signatures }: Signed): boolean {
  const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
  return signatures.some((signature) => constantTimeEqual(signature, expected));
}

/** An upcoming invoice has no id yet: what comes is its subscription's. */
function objectIdOf({ type, data: { object } }: Stripe.Event): string | null {
  if (type === "invoice.upcoming") return upcomingOf(object);
  return "id" in object && typeof object.id === "string" ? object.id : null;
}

export function eventFrom(event: Stripe.Event, mode: ProviderModeName, json: string): PaymentsEvent {
  const object = event.data.object;
  return {
    externalId: event.id,
    account: event.account ?? "",
    mode: event.livemode ? "live" : mode === "live" ? "test" : mode,
    type: event.type,
    apiVersion: event.api_version,
    occurredAt: new Date(event.created * 1000),
    objectId: objectIdOf(event),
    operationId: operationIdOf(object),
    payload: json,
  };
}

/**
 * The SDK's `constructEvent` accepts timestamps of the future and, with tolerance 0, any age; and it makes text of the
 * body first. Here the signature is checked over the bytes, then the age in both directions, and then it is parsed.
 */
export function verifyStripeWebhook(input: {
  body: Buffer;
  headers: Headers;
  now: Date;
  secrets: readonly string[];
  mode: ProviderModeName;
}): WebhookVerification<PaymentsEvent> {
  const { body, headers, now, secrets, mode } = input;
  if (secrets.length === 0) return { kind: "unconfigured" };
  const signed = parseSignature(headers.get("stripe-signature") ?? "");
  if (signed === null || !secrets.some((secret) => isSignedBy(secret, body, signed))) {
    return { kind: "invalid", reason: "signature" };
  }
  if (Math.abs(now.getTime() / 1000 - Number(signed.timestamp)) > WEBHOOK_TOLERANCE_SECONDS) {
    return { kind: "invalid", reason: "timestamp" };
  }
  const text = body.toString("utf8");
  const event = parse(text);
  return event
    ? { kind: "verified", events: [eventFrom(event, mode, text)] }
    : { kind: "invalid", reason: "body" };
}

/** Signed, yet not believed to be well-formed: what is missing would fail at every attempt to store it. */
function parse(text: string): Stripe.Event | null {
  try {
    const event: unknown = JSON.parse(text);
    return isEvent(event) ? event : null;
  } catch {
    // No JSON.
    return null;
  }
}

function isEvent(value: unknown): value is Stripe.Event {
  return envelope.safeParse(value).success;
}
