/** What Breakwater needs of a mail vendor. Methods go through the resilience policy and throw `IntegrationError`. */
import type { WebhookVerification } from "@/lib/integrations/webhook-verification";

export interface EmailMessage {
  /** "Name <address>". */
  from: string;
  to: string;
  subject: string;
  html: string;
  text: string;
  /** For the vendor's own statistics; letters, digits, dashes. */
  category: string;
}

/** What the vendor reports of a mail that it accepted. */
export type DeliveryReport = "sent" | "delayed" | "delivered" | "complained" | "bounced" | "suppressed";

export interface EmailEvent {
  externalId: string;
  type: string;
  occurredAt: Date;
  messageId: string | null;
  /** The event as JSON text, as it came. */
  payload: string;
}

export interface EmailProvider {
  readonly id: string;
  /** Hands a mail to the vendor. The same key within 24 h is the same mail. */
  send(message: EmailMessage, options: { idempotencyKey: string }): Promise<{ messageId: string }>;
  /** Checks a webhook's signature over its raw bytes and its age (300 s both ways). Never throws. */
  verifyWebhook(input: { body: Buffer; headers: Headers; now: Date }): WebhookVerification<EmailEvent>;
}
