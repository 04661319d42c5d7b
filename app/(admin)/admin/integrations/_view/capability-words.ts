import type { Effect } from "@/lib/resilience/call";
import type { CapabilityId } from "@/lib/use-cases/operations/list-capabilities";
import type { TestedCapability } from "@/lib/use-cases/operations/test-integration";

interface CapabilityWords {
  name: string;
  purpose: string;
  /** What it means that nobody is set up, and how to change that. */
  whenMissing: string;
  /** What "Send a test" does; null where there is nothing to send. */
  test: { capability: TestedCapability; explanation: string } | null;
}

export const CAPABILITY_WORDS: Record<CapabilityId, CapabilityWords> = {
  payments: {
    name: "Payments",
    purpose: "Checkout, plan changes, cards and invoices.",
    whenMissing: "Nobody takes payments. Set STRIPE_SECRET_KEY.",
    test: {
      capability: "payments",
      explanation: "Asks for the newest events: one cheap read that changes nothing.",
    },
  },
  email: {
    name: "E-mail",
    purpose: "Every mail goes into the outbox first, and from there to this provider.",
    whenMissing: "Nobody sends mail. Set EMAIL_PROVIDER and its key.",
    test: { capability: "email", explanation: "Puts a mail to your own address into the outbox." },
  },
  "email-fallback": {
    name: "E-mail fallback",
    purpose: "Takes mail while the first provider's breaker for writes is open.",
    whenMissing:
      "Mail waits in the outbox while the first provider is down. Set EMAIL_FALLBACK_PROVIDER and its key.",
    test: null,
  },
  "on-call": {
    name: "On-call",
    purpose: "Tells whoever is on duty, by a webhook.",
    whenMissing:
      "Alerts stand on this page and in error monitoring alone. Set ONCALL_WEBHOOK_URL and ONCALL_WEBHOOK_SECRET.",
    test: { capability: "on-call", explanation: "Puts a test alert into the outbox." },
  },
  "sign-in": {
    name: "Sign-in",
    purpose: "Embedded in this app: sessions are checked in our own database, and no vendor is asked.",
    whenMissing: "Nobody can sign in.",
    test: null,
  },
  monitoring: {
    name: "Error monitoring",
    purpose: "Gets unexpected errors and alerts, without personal data.",
    whenMissing: "Errors stand in the log alone. Set SENTRY_DSN.",
    test: { capability: "monitoring", explanation: "Reports one alert named as a test." },
  },
};

export const MODE_WORDS = { sandbox: "Sandbox", test: "Test mode", live: "Live" } as const;

export const EFFECT_WORDS = { read: "Reads", write: "Writes" } as const;

/** "payments, writes" */
export function subjectWords(capability: CapabilityId, effect: Effect): string {
  return `${CAPABILITY_WORDS[capability].name}, ${EFFECT_WORDS[effect]}`.toLowerCase();
}
