/**
 * `Idempotency-Key` as Resend documents it: 24 hours, at most 256 characters, on sends only; the same key with another
 * body is an error. https://resend.com/docs/dashboard/emails/idempotency-keys
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { SandboxStore } from "@/lib/sandbox/kernel/types";
import { ResendApiError } from "./errors";

const COLLECTION = "idempotency";
const LIFETIME_MS = 24 * 60 * 60 * 1_000;
/** Real sends take a while; without this two requests with one key could never meet. In milliseconds. */
const PROCESSING_MS = 10;

interface StoredAnswer {
  fingerprint: string;
  /** Unix milliseconds. */
  at: number;
  answer: unknown;
}

export interface IdempotentRequest {
  /** The header's value, null where there is none. */
  key: string | null;
  path: string;
  /** The body's exact text. */
  body: string;
}

export interface IdempotencyDeps {
  store: SandboxStore;
  /** Unix milliseconds. */
  now(): number;
}

/**
 * Runs `perform` at most once for a key; its answer is stored in the same write as what it put. Errors are not stored.
 *
 * @returns runs one request; throws ResendApiError for a bad key, another body under it, or a twin in progress
 */
export function createIdempotency({ store, now }: IdempotencyDeps) {
  const inProgress = new Set<string>();

  return async function once<T>(request: IdempotentRequest, perform: () => T): Promise<T> {
    const { key } = request;
    if (key === null) return store.atomically(perform);
    if (key.length < 1 || key.length > 256) {
      throw new ResendApiError(400, "invalid_idempotency_key", "The key must be between 1-256 chars.");
    }
    const fingerprint = createHash("sha256").update(`${request.path}\n${request.body}`).digest("hex");
    const stored = store.get<StoredAnswer>(COLLECTION, key);
    if (stored && now() - stored.at < LIFETIME_MS) {
      if (stored.fingerprint === fingerprint) return stored.answer as T;
      throw new ResendApiError(
        409,
        "invalid_idempotent_request",
        "Same idempotency key used with a different request payload.",
      );
    }
    if (inProgress.has(key)) {
      throw new ResendApiError(
        409,
        "concurrent_idempotent_requests",
        "Same idempotency key used while original request is still in progress.",
      );
    }
    inProgress.add(key);
    try {
      await sleep(PROCESSING_MS);
      return store.atomically(() => {
        const answer = perform();
        store.put<StoredAnswer>(COLLECTION, key, { fingerprint, at: now(), answer });
        return answer;
      });
    } finally {
      inProgress.delete(key);
    }
  };
}
