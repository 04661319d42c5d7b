/** Webhook payloads as documented at https://resend.com/docs/webhooks/event-types, and their Svix signature. */
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
import { addressOf } from "@/lib/sandbox/mail/address";
import type { Mail, MailState } from "@/lib/sandbox/mail/mail";
import type { MailReports } from "@/lib/sandbox/mail/mailroom";

type EmailEventPayload =
  | EmailSentEvent
  | EmailDeliveredEvent
  | EmailDeliveryDelayedEvent
  | EmailBouncedEvent
  | EmailComplainedEvent
  | EmailSuppressedEvent
  | EmailFailedEvent;

export const RESEND_REPORTS: MailReports = {
  typeOf,
  bodyOf: ({ state, mail, at }) => JSON.stringify(payloadOf(state, mail, at)),
};

function typeOf<State extends MailState>(state: State): `email.${State}` {
  return `email.${state}`;
}

function payloadOf(state: MailState, mail: Mail, at: number): EmailEventPayload {
  const created_at = new Date(at).toISOString();
  const data = baseData(mail);
  switch (state) {
    case "bounced":
      return { type: typeOf(state), created_at, data: { ...data, bounce: bounceOf(mail) } };
    case "suppressed":
      return { type: typeOf(state), created_at, data: { ...data, suppressed: suppressionOf(mail) } };
    case "failed":
      return {
        type: typeOf(state),
        created_at,
        data: { ...data, failed: { reason: "reached_daily_quota" } },
      };
    default:
      return { type: typeOf(state), created_at, data };
  }
}

/** The Message-ID header of a mail. */
export function messageId(emailId: string): string {
  return `<${emailId}@sandbox.localhost>`;
}

function baseData(mail: Mail): EmailSentEvent["data"] {
  const headerList = Object.entries(mail.headers).map(([name, value]) => ({ name, value }));
  return {
    email_id: mail.id,
    message_id: messageId(mail.id),
    created_at: new Date(mail.createdAt).toISOString(),
    from: mail.from,
    to: mail.to,
    subject: mail.subject,
    // Both are left out when there are none.
    ...(mail.tags.length > 0
      ? { tags: Object.fromEntries(mail.tags.map(({ name, value }) => [name, value])) }
      : {}),
    ...(headerList.length > 0 ? { headers: headerList } : {}),
  };
}

/** `diagnosticCode` is in the published OpenAPI document; the SDK's type has not got it. */
function bounceOf({ to }: Mail): EmailBouncedEvent["data"]["bounce"] & { diagnosticCode: string[] } {
  return {
    type: "Permanent",
    subType: "General",
    message:
      "The recipient's email provider sent a hard bounce message, but didn't specify the reason for it.",
    diagnosticCode: to.map((recipient) => `smtp; 550 5.1.1 <${addressOf(recipient)}>: user unknown`),
  };
}

type Suppression = EmailSuppressedEvent["data"]["suppressed"] & { reason: string; diagnosticCode: string[] };

function suppressionOf({ to }: Mail): Suppression {
  return {
    type: "OnAccountSuppressionList",
    reason: "previous_bounce",
    message: "The recipient's email address is on the suppression list because it bounced before.",
    diagnosticCode: to.map(() => "suppressed: address is on the account's suppression list"),
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
