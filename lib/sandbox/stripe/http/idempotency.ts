/**
 * `Idempotency-Key`: the first answer to a key is kept for a day and given again, a stored failure too; the same key
 * with other parameters is an error, and so is a second call while the first is under way.
 * https://docs.stripe.com/api/idempotent_requests
 */
import { createHash } from "node:crypto";
import type { SandboxStore } from "@/lib/sandbox/kernel/types";
import { ApiError } from "./api-error";

const COLLECTION = "stripe.idempotency";
const KEPT_FOR_MS = 24 * 3600 * 1000;

export interface StoredAnswer {
  key: string;
  /** `POST /v1/customers`. */
  endpoint: string;
  /** Hash of the parameters, whatever their order. */
  fingerprint: string;
  status: number;
  body: string;
  /** The call that made it: the vendor gives its id again, as `Original-Request`. */
  requestId: string;
  /** Unix milliseconds. */
  storedAt: number;
}

export function createIdempotency(store: SandboxStore, now: () => number) {
  const underWay = new Set<string>();
  let pruneAt = 0;

  const prune = () => {
    if (now() < pruneAt) return;
    pruneAt = now() + 3600 * 1000;
    for (const answer of store.list<StoredAnswer>(COLLECTION)) {
      if (answer.storedAt + KEPT_FOR_MS <= now()) store.delete(COLLECTION, answer.key);
    }
  };

  return {
    /**
     * Takes the key until the returned function is called. Called before the body has been read, so that two calls at
     * once meet here.
     * @throws ApiError 409 `idempotency_key_in_use`, 400 for a key that is too long.
     */
    begin(key: string): () => void {
      if (key.length > 255) {
        const message = `Idempotency key is too long. You passed a key of ${key.length} characters; the maximum is 255.`;
        throw new ApiError(400, { type: "invalid_request_error", message });
      }
      if (underWay.has(key)) {
        const message = `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`;
        throw new ApiError(409, { type: "idempotency_error", code: "idempotency_key_in_use", message });
      }
      underWay.add(key);
      return () => underWay.delete(key);
    },

    /** @throws ApiError 400 `idempotency_error` when the key was used for something else. */
    find(key: string, endpoint: string, fingerprint: string): StoredAnswer | undefined {
      prune();
      const found = store.get<StoredAnswer>(COLLECTION, key);
      if (!found || found.storedAt + KEPT_FOR_MS <= now()) return undefined;
      const hint = `Try using a key other than '${key}' if you meant to execute a different request.`;
      if (found.endpoint !== endpoint) {
        const first = found.endpoint.split(" ")[1] ?? found.endpoint;
        const message = `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${endpoint.split(" ")[1]}' vs '${first}'). ${hint}`;
        throw new ApiError(400, { type: "idempotency_error", message });
      }
      if (found.fingerprint !== fingerprint) {
        const message = `Keys for idempotent requests can only be used with the same parameters they were first used with. ${hint}`;
        throw new ApiError(400, { type: "idempotency_error", message });
      }
      return found;
    },

    keep(answer: Omit<StoredAnswer, "storedAt">): void {
      store.put<StoredAnswer>(COLLECTION, answer.key, { ...answer, storedAt: now() });
    },
  };
}

/** A hash that does not depend on the order of the parameters. */
export function fingerprintOf(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(value)))
    .digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([key, entry]) => [key, sorted(entry)]);
}
