/**
 * What Breakwater needs of a mail vendor, in its own words. Every method goes through the resilience policy and throws
 * `IntegrationError`, but for `verifyWebhook`. Keys are our own ids of a mail; message ids are opaque and the vendor's.
 */
import type { ProviderConfiguration } from "@/lib/integrations/provider-configuration";
import type { WebhookVerification } from "@/lib/integrations/webhook-verification";
import type { Effect } from "@/lib/resilience/call";

export interface EmailMessage {
  /** "Name <address>", or an address alone. */
  from: string;
  to: string;
  subject: string;
  html: string;
  text: string;
  /** For the vendor's own statistics; letters, digits, dashes. */
  category: string;
  /** Beside those that every mail has. */
  headers?: Record<string, string>;
}

/** What the vendor reports of a mail that it accepted. */
export type DeliveryReport = "sent" | "delayed" | "delivered" | "complained" | "bounced" | "suppressed";

/** What a verified webhook says of one mail. */
export interface EmailEvent {
  /** Makes a second delivery of the same event a no-op. */
  externalId: string;
  type: string;
  occurredAt: Date;
  /** The vendor's id of the mail; null where it does not say. */
  messageId: string | null;
  /** The key that the mail was sent under; null where the vendor does not repeat it. */
  key: string | null;
  /** The event as JSON text. */
  payload: string;
}

/** A mail that may have been handed over. */
export interface SoughtMail {
  /** Under this key, */
  key: string;
  to: string;
  /** and not before this moment. */
  since: Date;
}

/** What became of an address on the vendor's own suppression list. */
export type SuppressionRemoval =
  | "removed"
  /** It was not there. */
  | "not_listed"
  /** The account's key may not: a person does it on the vendor's pages. */
  | "refused";

interface EmailCapability {
  readonly id: string;
  readonly configuration: ProviderConfiguration;
  /**
   * How many mails it may be handed in a second, by all instances together: as published, until it says otherwise
   * itself. Null where it publishes none; then what it answers when it is asked too much is the limit.
   */
  readonly sendsPerSecond: number | null;

  /**
   * Hands a mail to the vendor. What that means when it is done again is said by `deduplication`; a failure says by
   * `mayHaveTakenEffect` whether the mail may be on its way all the same.
   */
  send(message: EmailMessage, options: { idempotencyKey: string }): Promise<{ messageId: string }>;

  /** Looks for a mail that may have been handed over; reads only. */
  findSent(mail: SoughtMail): Promise<SentLookup>;

  /** Fails as `send` would, were its circuit open now; asks nobody. */
  refuseToSendIfOpen(): Promise<void>;

  /** Takes an address off the lists that keep the vendor from writing to it, but for its reader's own wish. */
  removeSuppression(address: string): Promise<SuppressionRemoval>;

  /** A cheap read that probes a circuit which is open and due; says whether there was anything to probe. */
  probe(circuit: Effect): Promise<boolean>;

  /**
   * Checks a webhook's signature over its raw bytes and its age (300 s both ways) before anything is parsed. Never
   * throws.
   */
  verifyWebhook(input: { body: Buffer; headers: Headers; now: Date }): WebhookVerification<EmailEvent>;
}

/** Recognises a mail that comes again: however often it is handed over under one key, it is sent once. */
export interface KeyedEmailProvider extends EmailCapability {
  readonly deduplication: "idempotency-key";
  /** Milliseconds that the vendor surely remembers a key; after them it is asked with `findSent`. */
  readonly keyLifetimeMs: number;
}

/** Sends whatever it is handed, but can be asked afterwards what it was handed. */
export interface LookupEmailProvider extends EmailCapability {
  readonly deduplication: "lookup";
  /** Milliseconds until a mail that was accepted is surely found; before that, "not found" says nothing. */
  readonly lookupLagMs: number;
}

export type SentLookup =
  | { kind: "found"; messageId: string }
  | { kind: "not_found" }
  /** There is more to look through than can be. */
  | { kind: "unclear" }
  /** The account may not look. */
  | { kind: "refused" };

export type EmailProvider = KeyedEmailProvider | LookupEmailProvider;
