/** A mail as the sandbox keeps it, whichever vendor took it. */
import type { Vendor } from "@/lib/sandbox/kernel/types";

export type MailVendor = Extract<Vendor, "resend" | "sendgrid">;

/** What can happen to a mail; each vendor has words of its own for it. */
export const MAIL_STATES = [
  "sent",
  "delivered",
  "delivery_delayed",
  "bounced",
  "complained",
  "suppressed",
  "failed",
] as const;

export type MailState = (typeof MAIL_STATES)[number];

export interface MailContent {
  from: string;
  to: string[];
  cc: string[] | null;
  bcc: string[] | null;
  replyTo: string[] | null;
  subject: string;
  html: string | null;
  text: string | null;
  /** What the app has attached for itself: Resend's tags, SendGrid's custom arguments. */
  tags: { name: string; value: string }[];
  /** SendGrid's categories; Resend has none. */
  categories: string[];
  headers: Record<string, string>;
  /** Only what the mailbox shows; the contents are dropped. */
  attachments: { filename: string; contentType: string | null }[];
}

export interface MailEvent {
  state: MailState;
  /** The vendor's own name of it. */
  type: string;
  /** Unix milliseconds. */
  at: number;
  webhookId: string;
}

export interface Mail extends MailContent {
  id: string;
  vendor: MailVendor;
  /** Unix milliseconds. */
  createdAt: number;
  /** Null where the vendor knows no such thing. */
  idempotencyKey: string | null;
  /** The last thing that happened to it. */
  state: MailState | "queued";
  events: MailEvent[];
}
