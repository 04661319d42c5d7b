/** Exponential with full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
const BASE_MS = 1_000;
const CAP_MS = 60 * 60 * 1_000;
/** After this the work is given up and shown to a person. */
const GIVE_UP_MS = 3 * 24 * 60 * 60 * 1_000;
/** For what is held back and nobody knows until when: an operator's hand holds the vendor's breaker open. */
const UNKNOWN_WAIT_MS = 30_000;
/** What waited for the same moment does not come back in the same one. */
const WAIT_JITTER_MS = 1_000;

export type NextAttempt =
  | { kind: "retry"; delayMs: number }
  /** Nothing was attempted, so no attempt is used up. */
  | { kind: "wait"; delayMs: number }
  | { kind: "dead" };

/**
 * When to try again after a failure. `attempts` counts the failed ones, from 1; `retryAfterMs` is what a vendor asked
 * for; `heldBack` says that the vendor was not even asked; `random` is in [0, 1).
 */
export function nextAttempt(input: {
  attempts: number;
  ageMs: number;
  retryable: boolean;
  retryAfterMs: number | null;
  heldBack: boolean;
  random: number;
}): NextAttempt {
  if (!input.retryable || input.ageMs > GIVE_UP_MS) return { kind: "dead" };
  if (input.heldBack) {
    const waitMs = Math.min(input.retryAfterMs ?? UNKNOWN_WAIT_MS, GIVE_UP_MS);
    return { kind: "wait", delayMs: Math.ceil(waitMs + input.random * WAIT_JITTER_MS) };
  }
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** (input.attempts - 1));
  // A vendor that asks for more than our patience is asked once more before the work is given up.
  const asked = Math.min(input.retryAfterMs ?? 0, GIVE_UP_MS);
  return { kind: "retry", delayMs: Math.max(asked, Math.ceil(input.random * ceiling)) };
}
