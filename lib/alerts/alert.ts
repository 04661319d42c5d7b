import type { Effect } from "@/lib/resilience/call";

/** Something that a person should know of, in words for whoever is on call. */
export interface Alert {
  what: "credentials-rejected" | "circuit-opened" | "throttled" | "retry-budget-exhausted";
  /** "critical" is worth waking somebody for. */
  severity: "warning" | "critical";
  provider: string;
  mode: string;
  /** Where reads and writes are told apart. */
  effect?: Effect;
  /** One line. */
  title: string;
  /** What happened, what it means, what to do. Neither secrets nor personal data. */
  text: string;
}

/** What makes two sightings the same alert. */
export function causeOf({ what, provider, mode, effect }: Alert): string {
  return [what, provider, mode, ...(effect ? [effect] : [])].join(":");
}
