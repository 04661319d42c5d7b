import Stripe from "stripe";
import { z } from "zod";
import { WEBHOOK_TOLERANCE_SECONDS, type WebhookVerification } from "@/lib/integrations/webhook-verification";
import type { ProviderModeName } from "@/lib/provider-scope";
import type { PaymentsEvent } from "../port";
import { operationIdOf } from "./mapping";

/** What is read of an event below. */
const envelope = z.object({
  id: z.string().min(1),
  type: z.string().min(1),
  created: z.number(),
  livemode: z.boolean(),
  api_version: z.string().nullable(),
  account: z.string().optional(),
  data: z.object({ object: z.record(z.string(), z.unknown()) }),
});

/**
 * `t=` of the `Stripe-Signature` header, unix seconds: https://docs.stripe.com/webhooks#verify-manually. Null for more
 * than one: the SDK may take the other, and an old signature would pass under a new time.
 */
function signedAt(header: string): number | null {
  const times = header.split(",").filter((part) => part.trim().startsWith("t="));
  const value = /^t=(\d+)$/.exec(times[0] ?? "")?.[1];
  return times.length !== 1 || value === undefined ? null : Number(value);
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
    objectId: "id" in object && typeof object.id === "string" ? object.id : null,
    operationId: operationIdOf(object),
    payload: json,
  };
}

/**
 * `constructEvent` accepts timestamps of the future, and with tolerance 0 any age: the age is checked here, in both
 * directions, and the SDK is left to compare signatures (in constant time).
 */
export function verifyStripeWebhook(input: {
  body: Buffer;
  headers: Headers;
  now: Date;
  secrets: readonly string[];
  mode: ProviderModeName;
}): WebhookVerification<PaymentsEvent> {
  if (input.secrets.length === 0) return { kind: "unconfigured" };
  const header = input.headers.get("stripe-signature") ?? "";
  const timestamp = signedAt(header);
  if (timestamp === null) return { kind: "invalid", reason: "signature" };

  const text = input.body.toString("utf8");
  for (const secret of input.secrets) {
    let event: Stripe.Event;
    try {
      // The largest tolerance: age is judged below, after the signature.
      event = Stripe.webhooks.constructEvent(text, header, secret, Number.MAX_SAFE_INTEGER);
    } catch (error) {
      if (error instanceof Stripe.errors.StripeSignatureVerificationError) continue;
      return { kind: "invalid", reason: "body" };
    }
    if (Math.abs(input.now.getTime() / 1000 - timestamp) > WEBHOOK_TOLERANCE_SECONDS) {
      return { kind: "invalid", reason: "timestamp" };
    }
    // Signed, yet not believed to be well-formed: what is missing here would fail at every attempt to store it.
    if (!envelope.safeParse(event).success) return { kind: "invalid", reason: "body" };
    return { kind: "verified", events: [eventFrom(event, input.mode, text)] };
  }
  return { kind: "invalid", reason: "signature" };
}
