import type { Effect } from "@/lib/resilience/call";

/** Something that a person should know of, in words for whoever is on call. */
export interface Alert {
  what:
    | "credentials-rejected"
    | "circuit-opened"
    | "throttled"
    | "retry-budget-exhausted"
    | "pump-late"
    | "event-waits"
    | "message-waits"
    | "webhooks-missing"
    | "events-quarantined"
    | "event-given-up"
    | "mail-given-up"
    | "command-given-up"
    | "drift-found"
    | "dispute-opened"
    | "refund-failed"
    | "invoice-stuck"
    | "other-account"
    | "second-subscription";
  /** "critical" is worth waking somebody for. */
  severity: "warning" | "critical";
  provider: string;
  mode: string;
  /** Where reads and writes are told apart. */
  effect?: Effect;
  /** The vendor's id of what it is about, where each of them counts by itself. */
  about?: string;
  /** One line. */
  title: string;
  /** What happened, what it means, what to do. Neither secrets nor personal data. */
  text: string;
  /** The operators' page that shows more; unless said, that of the integrations. */
  path?: string;
}

/** What makes two sightings the same alert. */
export function causeOf({ what, provider, mode, effect, about }: Alert): string {
  return [what, provider, mode, ...(effect ? [effect] : []), ...(about ? [about] : [])].join(":");
}
