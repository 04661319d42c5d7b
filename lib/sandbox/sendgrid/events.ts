/**
 * The signed Event Webhook: an array of events a request, one a recipient.
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
 */
import { createPrivateKey, sign } from "node:crypto";
import type { WebhookSigner } from "@/lib/sandbox/kernel/types";
import { addressOf } from "@/lib/sandbox/mail/address";
import type { Mail, MailState } from "@/lib/sandbox/mail/mail";
import type { MailReports } from "@/lib/sandbox/mail/mailroom";

const NAMES: Record<MailState, string> = {
  sent: "processed",
  delivered: "delivered",
  delivery_delayed: "deferred",
  bounced: "bounce",
  complained: "spamreport",
  suppressed: "dropped",
  failed: "dropped",
};

export const SENDGRID_REPORTS: MailReports = {
  typeOf: (state) => NAMES[state],
  bodyOf({ state, mail, at, webhookId }) {
    const events = mail.to.map((recipient, index) => ({
      // Repeated flat in each event, as they are; the vendor's own members win.
      ...Object.fromEntries(mail.tags.map(({ name, value }) => [name, value])),
      email: addressOf(recipient),
      timestamp: Math.floor(at / 1000),
      "smtp-id": `<${mail.id}@sandbox.localhost>`,
      event: NAMES[state],
      ...(mail.categories.length > 0 ? { category: mail.categories } : {}),
      sg_event_id: Buffer.from(`${webhookId}-${index}`).toString("base64url"),
      sg_message_id: sendgridMessageId(mail, index),
      ...detailsOf(state, addressOf(recipient)),
    }));
    // Line breaks between and behind, as the vendor sends them: a signature holds for these bytes alone.
    return `[${events.map((event) => JSON.stringify(event)).join(",\r\n")}]\r\n`;
  },
};

/** The id that one recipient's mail has; it begins with the X-Message-Id that the send was answered with. */
export function sendgridMessageId(mail: Mail, recipient: number): string {
  const [request, personalization = "0"] = mail.id.split(".");
  return `${request}.recvd-sandbox-1-${mail.createdAt.toString(16).toUpperCase()}-${personalization}.${recipient}`;
}

function detailsOf(state: MailState, recipient: string): Record<string, unknown> {
  switch (state) {
    case "sent":
    case "complained":
      return {};
    case "delivered":
      return { response: "250 2.0.0 OK", tls: 1, ip: "127.0.0.1" };
    case "delivery_delayed":
      return { response: "400 try again later", attempt: "1", ip: "127.0.0.1" };
    case "bounced":
      return {
        type: "bounce",
        bounce_classification: "Invalid Address",
        reason: `550 5.1.1 <${recipient}>: user unknown`,
        status: "5.1.1",
        tls: 1,
        ip: "127.0.0.1",
      };
    case "suppressed":
      return { reason: "Bounced Address", status: "5.0.0" };
    case "failed":
      return { reason: "Invalid", status: "5.0.0" };
    default:
      return state satisfies never;
  }
}

/**
 * ECDSA P-256 over the timestamp and the body, DER in base64.
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 *
 * @param privateKey PKCS #8, DER in base64
 */
export function createEventWebhookSigner(privateKey: string): WebhookSigner {
  const key = createPrivateKey({ key: Buffer.from(privateKey, "base64"), format: "der", type: "pkcs8" });
  return ({ body }, nowMs) => {
    const timestamp = String(Math.floor(nowMs / 1000));
    return {
      "x-twilio-email-event-webhook-signature": sign(
        "sha256",
        Buffer.from(timestamp + body, "utf8"),
        key,
      ).toString("base64"),
      "x-twilio-email-event-webhook-timestamp": timestamp,
      "user-agent": "SendGrid Event API",
    };
  };
}
