/** The classes of failure in words, and the few groups that a chart can tell apart. */
import type { MetricTotals } from "@/lib/db/call-metrics";
import type { IntegrationErrorKind } from "@/lib/errors/integration-error";

const KIND: Record<IntegrationErrorKind | "operator", string> = {
  rate_limited: "Rate limited",
  credentials_rejected: "Credentials rejected",
  timeout: "Timed out",
  unavailable: "Unavailable",
  invalid_request: "Invalid request",
  declined: "Declined",
  not_found: "Not found",
  conflict: "Conflict",
  circuit_open: "Circuit open",
  aborted: "Aborted",
  unknown: "Unknown",
  operator: "An operator",
};

function isKnown(kind: string): kind is keyof typeof KIND {
  return kind in KIND;
}

/** A class of failure as it stands in the tables; one of a later release is shown by its name. */
export function kindWords(kind: string): string {
  return isKnown(kind) ? KIND[kind] : kind;
}

/** What an attempt came to, roughly. */
export type OutcomeGroup = "answered" | "refused" | "throttled" | "failed" | "heldBack";

export const OUTCOME_GROUPS: readonly { key: OutcomeGroup; label: string; explanation: string }[] = [
  { key: "answered", label: "Answered", explanation: "the provider did what was asked" },
  { key: "refused", label: "Refused", explanation: "the provider is well, and said no to this request" },
  { key: "throttled", label: "Throttled", explanation: "the provider asked for fewer calls" },
  { key: "failed", label: "Failed", explanation: "no usable answer, or rejected credentials" },
  { key: "heldBack", label: "Held back", explanation: "never sent: breaker, throttle, budget or deadline" },
];

const GROUP: Record<IntegrationErrorKind, OutcomeGroup> = {
  rate_limited: "throttled",
  credentials_rejected: "failed",
  timeout: "failed",
  unavailable: "failed",
  invalid_request: "refused",
  declined: "refused",
  not_found: "refused",
  conflict: "refused",
  circuit_open: "heldBack",
  aborted: "failed",
  unknown: "failed",
};

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/** Everything that was held back, except retries that the budget refused: their call was counted when it failed. */
export function heldBackCalls({ heldBack }: Pick<MetricTotals, "heldBack">): number {
  return sum(Object.values(heldBack)) - heldBack.budget;
}

export function countByGroup(totals: MetricTotals): Record<OutcomeGroup, number> {
  const counts = { answered: 0, refused: 0, throttled: 0, failed: 0, heldBack: heldBackCalls(totals) };
  for (const [kind, count] of Object.entries(totals.failures)) {
    counts[isKnown(kind) && kind !== "operator" ? GROUP[kind] : "failed"] += count;
  }
  counts.answered = totals.calls - sum(Object.values(totals.failures));
  return counts;
}

/** The classes of failure that occurred, the most frequent first. */
export function failuresByFrequency({ failures }: Pick<MetricTotals, "failures">): [string, number][] {
  return Object.entries(failures).sort(([, one], [, other]) => other - one);
}
