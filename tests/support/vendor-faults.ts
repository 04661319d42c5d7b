/** How a vendor may fail a call, in words that are no vendor's own, and what every adapter must make of it. */
import { expect } from "vitest";
import { DEADLINES } from "@/lib/resilience/policy";
import type { FaultInput, Vendors } from "./vendors";

export const VENDOR_FAULTS = [
  "server error",
  "rate limit",
  "no answer",
  "answer breaks off",
  "connection reset",
  "connection refused",
  "truncated answer",
  "garbage",
] as const;
export type VendorFault = (typeof VENDOR_FAULTS)[number];

/** Milliseconds: short enough for a test, long enough for a busy machine. */
const TEST_DEADLINE_MS = 1_200;
export const TEST_DEADLINES: typeof DEADLINES = {
  read: { attemptMs: TEST_DEADLINE_MS, overallMs: DEADLINES.read.overallMs },
  write: { attemptMs: TEST_DEADLINE_MS, overallMs: DEADLINES.write.overallMs },
  background: { attemptMs: TEST_DEADLINE_MS, overallMs: DEADLINES.background.overallMs },
};

const RETRY_AFTER_SECONDS = 7;

const INPUT: Record<VendorFault, Omit<FaultInput, "vendor" | "route">> = {
  "server error": { kind: "status", status: 503 },
  "rate limit": { kind: "status", status: 429, retryAfterSeconds: RETRY_AFTER_SECONDS },
  "no answer": { kind: "hang" },
  "answer breaks off": { kind: "hang", phase: "body" },
  "connection reset": { kind: "reset" },
  "connection refused": { kind: "refused" },
  "truncated answer": { kind: "truncate" },
  garbage: { kind: "garbage" },
};

/** What the failure must be called. "unknown" means: it may have been done, look before doing it again. */
const KINDS: Record<VendorFault, readonly string[]> = {
  "server error": ["unavailable"],
  "rate limit": ["rate_limited"],
  "no answer": ["timeout"],
  "answer breaks off": ["timeout"],
  "connection reset": ["unavailable"],
  "connection refused": ["unavailable"],
  "truncated answer": ["unavailable", "unknown"],
  garbage: ["unavailable", "unknown"],
};

/** Has the stand-in of a vendor fail every call in this way. */
export function injectFault(
  vendors: Vendors,
  vendor: FaultInput["vendor"],
  fault: VendorFault,
): Promise<void> {
  return vendors.addFault({ vendor, ...INPUT[fault] });
}

/** Runs a call that meets a fault and checks everything that a caller relies on. */
export async function expectFaultMapped(fault: VendorFault, call: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  const error = await call().then(
    (answer) => {
      throw new Error(`${fault}: the call answered ${JSON.stringify(answer)}`);
    },
    (thrown: unknown) => thrown,
  );
  const elapsedMs = performance.now() - startedAt;
  expect(error).toMatchObject({ name: "IntegrationError" });
  const { kind, retryable, retryAfterMs } = error as {
    kind: string;
    retryable: boolean;
    retryAfterMs: number;
  };
  expect(KINDS[fault]).toContain(kind);
  expect(retryable).toBe(kind !== "unknown");
  expect(retryAfterMs).toBe(fault === "rate limit" ? RETRY_AFTER_SECONDS * 1000 : null);
  expect(elapsedMs).toBeLessThan(TEST_DEADLINE_MS + 2_000);
  expectPlainWords(error);
}

/** What a person sees is ours: no vendor's name, prose, id or key. */
export function expectPlainWords(error: unknown): void {
  const { userMessage, message } = error as { userMessage: string; message: string };
  expect(userMessage).toMatch(/^[A-Z][^{}<>_]+\.$/);
  expect(userMessage).not.toMatch(
    /stripe|resend|better.?auth|sandbox|\bapi\b|\bkey\b|https?:|\b[45]\d\d\b|[a-z]+_[A-Za-z0-9]{6,}/i,
  );
  expect(message).not.toMatch(/sk_test|re_[a-z]|@|whsec/);
}
