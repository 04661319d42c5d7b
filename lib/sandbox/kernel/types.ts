/**
 * What every vendor's stand-in is built from. The kernel knows no vendor: a stand-in is a Hono app, a slice of the
 * store, and a signer; the kernel gives it durability, faults, a request log and webhook delivery.
 */
import type { Hono } from "hono";

/** A vendor that the sandbox stands in for; also the name used by `POST /faults`. */
export type Vendor = "stripe" | "resend" | "sendgrid" | "oncall";

/**
 * Durable key-value collections. Every write is in the operating system's hands (journal appended synchronously)
 * before the call returns, so that a SIGKILL right after an answer loses nothing.
 */
export interface SandboxStore {
  get<T>(collection: string, id: string): T | undefined;
  put<T>(collection: string, id: string, value: T): void;
  delete(collection: string, id: string): void;
  /** All values of a collection, oldest insertion first. */
  list<T>(collection: string): T[];
  /**
   * Writes everything that `run` (synchronous) puts and deletes as one line of the journal, so that a kill leaves all of it
   * or none. No rollback: when `run` throws, what it wrote up to there stays.
   */
  atomically<T>(run: () => T): T;
  /** Forgets everything, on disk too. */
  reset(): void;
  close(): void;
}

/** One webhook to deliver; the deliverer keeps it in the store until the app answered 2xx or attempts ran out. */
export interface OutgoingWebhook {
  /** The vendor's own id of the message (Stripe's event id, Svix's message id). */
  id: string;
  url: string;
  /** The exact bytes to send; signed anew at each attempt. */
  body: string;
}

export interface DeliveryRecord extends OutgoingWebhook {
  state: "pending" | "delivered" | "failed";
  attempts: number;
  /** Unix milliseconds. */
  createdAt: number;
  nextAttemptAt: number;
  lastStatus: number | null;
  lastError: string | null;
}

/** Signs one attempt; returns the headers to add (content-type is set by the deliverer). */
export type WebhookSigner = (webhook: OutgoingWebhook, nowMs: number) => Record<string, string>;

export interface WebhookDeliverer {
  enqueue(webhook: OutgoingWebhook): void;
  /** Sends a delivery again now, whatever its state. */
  redeliver(id: string): void;
  list(): DeliveryRecord[];
  stop(): Promise<void>;
}

/** A stand-in as the kernel serves it. */
export interface VendorStandIn {
  vendor: Vendor;
  app: Hono;
  /** Absent: this vendor sends no webhooks. */
  deliverer?: WebhookDeliverer;
  /** What `GET /state` shows of it; `counts` is what calls have left behind, by collection. */
  describe(): { counts: Record<string, number> };
  /** Called at the very first start and after the store was reset, to lay down what a fresh account has. */
  seed(): void;
  /**
   * Whether a path belongs to the vendor's API; the rest are hosted pages, which a fault hits only when its pattern names
   * them. Default: everything below `/v1/`.
   */
  isApiPath?(path: string): boolean;
  /** Ends timers of its own; called before the deliverer and the store are closed. */
  stop?(): void;
  /**
   * The vendor's own error body for a status, used by `status` faults; a string is sent as plain text, anything else as
   * JSON. Default: `{"error":{"message":…}}`.
   */
  errorBody?(status: number): unknown;
}

/** What the kernel hands to a stand-in's factory. */
export interface StandInDeps {
  store: SandboxStore;
  /** Makes a deliverer whose rows live in the same store. */
  createDeliverer(signer: WebhookSigner): WebhookDeliverer;
  /** Unix milliseconds. */
  now(): number;
  /** Where the stand-in itself is reached, no trailing slash: hosted pages are below it. */
  baseUrl: string;
  /** The app's origin, no trailing slash. */
  appUrl: string;
}

/** For a vendor that sends webhooks. */
export interface SigningStandInDeps extends StandInDeps {
  /** What webhooks to the app are signed with, in the vendor's own form. */
  webhookSecret: string;
}
