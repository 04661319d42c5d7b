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

/** How a vendor's webhooks go out: the vendor as it is, or as it is on a bad day. */
export interface DeliverySwitch {
  /**
   * `off`: as with a disabled endpoint, what is made is not sent, unless asked for later; what waits already stays.
   * `held`: what is made waits as well, until it is `on` again.
   */
  state: "on" | "off" | "held";
  /** `shuffled`: what waits goes out in any order, and what is made up to a second late. */
  order: "made" | "shuffled";
  /** Each message is taken from once to so many times, at random. */
  copies: number;
}

export interface WebhookDeliverer {
  enqueue(webhook: OutgoingWebhook): void;
  /** Survives a restart; a reset takes it back. */
  readSwitch(): DeliverySwitch;
  turn(changes: Partial<DeliverySwitch>): DeliverySwitch;
  /** Sends a delivery again now, whatever its state; nothing when it is not (any longer) known. */
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
  /** Lays down many objects with a history at once; only for a vendor that has it. @throws ControlRefusedError */
  seedBulk?(input: unknown): object;
  /** What it has told or would tell, oldest first, after the message of that id (from the beginning when null). */
  eventsAfter?(id: string | null, limit: number): { events: object[]; hasMore: boolean };
  /** Sends these messages again, sent before or not. @throws ControlRefusedError for an id that there is not */
  redeliver?(ids: readonly string[]): void;
  /** What a person would set in the vendor's dashboard. @throws ControlRefusedError */
  changeSettings?(input: unknown): object;
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
