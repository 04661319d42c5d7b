import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { z } from "zod";
import { WEBHOOK_TOLERANCE_SECONDS, type WebhookVerification } from "@/lib/integrations/webhook-verification";
import type { EmailEvent } from "../port";
import { KEY_ARGUMENT, messageIdOf } from "./mapping";

/** https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event */
const eventSchema = z.looseObject({
  event: z.string().min(1),
  sg_event_id: z.string().min(1),
  /** Seconds since 1970. */
  timestamp: z.number().min(0).max(8e12),
  // Absent from a bounce that came late, and from events about the account.
  sg_message_id: z.string().optional(),
  [KEY_ARGUMENT]: z.string().optional(),
});
const bodySchema = z.array(eventSchema).min(1);

/** The keys of a rotation; one that is mistyped counts as none. */
export function publicKeysOf(keys: readonly string[]): KeyObject[] {
  return keys.map(publicKeyOf).filter((key) => key !== null);
}

function publicKeyOf(base64: string): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(base64, "base64"), format: "der", type: "spki" });
    // Another kind of key would bring another kind of signature with it.
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? key : null;
  } catch {
    return null;
  }
}

/**
 * The vendor signs `<timestamp><body>` with ECDSA over P-256 and SHA-256:
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 */
export function verifySendGridWebhook(input: {
  body: Buffer;
  headers: Headers;
  now: Date;
  publicKeys: readonly KeyObject[];
}): WebhookVerification<EmailEvent> {
  // The vendor keeps its events for a day, until the key is set right.
  if (input.publicKeys.length === 0) return { kind: "unconfigured" };
  const timestamp = input.headers.get("x-twilio-email-event-webhook-timestamp") ?? "";
  const signature = input.headers.get("x-twilio-email-event-webhook-signature") ?? "";
  const signed = Buffer.concat([Buffer.from(timestamp), input.body]);
  const bytes = Buffer.from(signature, "base64");
  const isSigned =
    /^\d{1,12}$/.test(timestamp) &&
    // Node reads over what is not base64; the vendor writes nothing of the kind.
    bytes.toString("base64") === signature &&
    input.publicKeys.some((key) => verify("sha256", signed, key, bytes));
  if (!isSigned) return { kind: "invalid", reason: "signature" };
  if (Math.abs(input.now.getTime() / 1000 - Number(timestamp)) > WEBHOOK_TOLERANCE_SECONDS) {
    return { kind: "invalid", reason: "timestamp" };
  }
  return read(input.body.toString("utf8"));
}

function read(text: string): WebhookVerification<EmailEvent> {
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch {
    return { kind: "invalid", reason: "body" };
  }
  const parsed = bodySchema.safeParse(payload);
  if (!parsed.success) return { kind: "invalid", reason: "body" };
  return { kind: "verified", events: parsed.data.map(eventFrom) };
}

function eventFrom(event: z.infer<typeof eventSchema>): EmailEvent {
  const { sg_message_id: messageId, [KEY_ARGUMENT]: key } = event;
  return {
    externalId: event.sg_event_id,
    type: event.event,
    occurredAt: new Date(event.timestamp * 1000),
    messageId: messageId === undefined ? null : messageIdOf(messageId),
    key: key ?? null,
    payload: JSON.stringify(event),
  };
}
