/** Webhook payloads and their Svix signature. */
import type {
  EmailBouncedEvent,
  EmailComplainedEvent,
  EmailDeliveredEvent,
  EmailDeliveryDelayedEvent,
  EmailFailedEvent,
  EmailSentEvent,
  EmailSuppressedEvent,
} from "resend";
import { Webhook } from "standardwebhooks";
import type { WebhookSigner } from "@/lib/sandbox/kernel/types";
import { addressOf } from "./email-request";
import type { StoredEmail } from "./mailroom";

/** What the sandbox can make happen to a mail. */
export const EMAIL_EVENT_TYPES = [
  "email.sent",
  "email.delivered",
  "email.delivery_delayed",
  "email.bounced",
  "email.complained",
  "email.suppressed",
  "email.failed",
] as const;

export type EmailEventType = (typeof EMAIL_EVENT_TYPES)[number];

export type EmailEventPayload =
  | EmailSentEvent
  | EmailDeliveredEvent
  | EmailDeliveryDelayedEvent
  | EmailBouncedEvent
  | EmailComplainedEvent
  | EmailSuppressedEvent
  | EmailFailedEvent;

/** @param at when it happened, Unix milliseconds */
export function eventPayload(type: EmailEventType, stored: StoredEmail, at: number): EmailEventPayload {
  const created_at = new Date(at).toISOString();
  const data = baseData(stored);
  switch (type) {
    case "email.bounced":
      return { type, created_at, data: { ...data, bounce: bounceOf(stored) } };
    case "email.suppressed":
      return { type, created_at, data: { ...data, suppressed: suppressionOf(stored) } };
    case "email.failed":
      return { type, created_at, data: { ...data, failed: { reason: "reached_daily_quota" } } };
    default:
      return { type, created_at, data };
  }
}

/** The Message-ID header of a mail. */
export function messageId(emailId: string): string {
  return `<${emailId}@sandbox.localhost>`;
}

function baseData({ email, headers }: StoredEmail): EmailSentEvent["data"] {
  const { tags = [] } = email;
  const headerList = Object.entries(headers).map(([name, value]) => ({ name, value }));
  return {
    email_id: email.id,
    message_id: email.message_id,
    created_at: email.created_at,
    from: email.from,
    to: email.to,
    subject: email.subject,
    // Both are left out when there are none.
    ...(tags.length > 0 ? { tags: Object.fromEntries(tags.map(({ name, value }) => [name, value])) } : {}),
    ...(headerList.length > 0 ? { headers: headerList } : {}),
  };
}

/** `diagnosticCode` is in the published OpenAPI document; the SDK's type has not got it. */
function bounceOf({
  email,
}: StoredEmail): EmailBouncedEvent["data"]["bounce"] & { diagnosticCode: string[] } {
  return {
    type: "Permanent",
    subType: "General",
    message:
      "The recipient's email provider sent a hard bounce message, but didn't specify the reason for it.",
    diagnosticCode: email.to.map((recipient) => `smtp; 550 5.1.1 <${addressOf(recipient)}>: user unknown`),
  };
}

type Suppression = EmailSuppressedEvent["data"]["suppressed"] & { reason: string; diagnosticCode: string[] };

function suppressionOf({ email }: StoredEmail): Suppression {
  return {
    type: "OnAccountSuppressionList",
    reason: "previous_bounce",
    message: "The recipient's email address is on the suppression list because it bounced before.",
    diagnosticCode: email.to.map(() => "suppressed: address is on the account's suppression list"),
  };
}

/** Svix' scheme: the three `svix-` headers, HMAC-SHA256 over `id.timestamp.body`. */
export function createSvixSigner(secret: string): WebhookSigner {
  const webhook = new Webhook(secret);
  return ({ id, body }, nowMs) => {
    const seconds = Math.floor(nowMs / 1000);
    return {
      "svix-id": id,
      "svix-timestamp": String(seconds),
      "svix-signature": webhook.sign(id, new Date(seconds * 1000), body),
      "user-agent": "Svix-Webhooks/1.0 (breakwater sandbox)",
    };
  };
}
