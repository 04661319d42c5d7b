import Stripe from "stripe";
import { WEBHOOK_TOLERANCE_SECONDS, type WebhookVerification } from "@/lib/integrations/webhook-verification";
import type { ProviderModeName } from "@/lib/payments-scope";
import type { PaymentsEvent } from "../port";

/** `t=` of the `Stripe-Signature` header, unix seconds: https://docs.stripe.com/webhooks#verify-manually. */
function signedAt(header: string): number | null {
  const value = /(?:^|,)t=(\d+)(?:,|$)/.exec(header)?.[1];
  return value === undefined ? null : Number(value);
}

export function eventFrom(event: Stripe.Event, mode: ProviderModeName): PaymentsEvent {
  const object = event.data.object;
  return {
    externalId: event.id,
    account: event.account ?? "",
    mode: event.livemode ? "live" : mode === "live" ? "test" : mode,
    type: event.type,
    apiVersion: event.api_version,
    occurredAt: new Date(event.created * 1000),
    objectId: "id" in object && typeof object.id === "string" ? object.id : null,
    payload: event,
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
    if (typeof event.id !== "string" || typeof event.type !== "string" || !event.data?.object) {
      return { kind: "invalid", reason: "body" };
    }
    return { kind: "verified", event: eventFrom(event, input.mode) };
  }
  return { kind: "invalid", reason: "signature" };
}
