/** The states of a message in words. */

import type { StatusWords } from "@/app/(admin)/admin/_components/status-tag";
import type { Suppression } from "@/lib/db/email-suppressions";
import type { CommandKind, MailDelivery, MailRow, MailStatus, MessageKind } from "@/lib/db/mail-console";

export const STATUS_WORDS: Record<MailStatus, StatusWords> = {
  pending: { label: "Waiting", tone: "neutral" },
  sent: { label: "Handed over", tone: "positive" },
  suppressed: { label: "Suppressed", tone: "warning" },
  dead: { label: "Given up", tone: "critical" },
};

export const DELIVERY_WORDS: Record<MailDelivery, StatusWords> = {
  unknown: { label: "No report", tone: "neutral" },
  sent: { label: "On its way", tone: "neutral" },
  delayed: { label: "Delayed", tone: "warning" },
  delivered: { label: "Delivered", tone: "positive" },
  complained: { label: "Marked as spam", tone: "critical" },
  bounced: { label: "Bounced", tone: "critical" },
  suppressed: { label: "Refused by provider", tone: "warning" },
};

/** How it stands with a message, in one word: what its provider reported counts once it was handed over. */
export function stateWords(
  message: Pick<MailRow, "kind" | "status" | "delivery" | "lastError">,
): StatusWords {
  const { kind, status, delivery, lastError } = message;
  if (status === "pending" && lastError !== null) return { label: "Trying again", tone: "warning" };
  if (status !== "sent") return STATUS_WORDS[status];
  if (kind !== "email") return { label: "Done", tone: "positive" };
  return delivery === "unknown" ? STATUS_WORDS.sent : DELIVERY_WORDS[delivery];
}

export const COMMAND_WORDS: Record<CommandKind, string> = {
  cancel_duplicate_subscription: "Cancel and refund a duplicate subscription",
  expire_checkout: "Close a payment page",
  cancel_subscription: "Cancel the subscription of a deleted workspace",
  alert: "Tell whoever is on call",
};

export const COMMAND_KINDS: readonly CommandKind[] = [
  "cancel_duplicate_subscription",
  "cancel_subscription",
  "expire_checkout",
  "alert",
];

export function kindWords(kind: MessageKind): string {
  return kind === "email" ? "E-mail" : COMMAND_WORDS[kind];
}

/** "payment-failed" as it stands in a sentence. */
export function categoryWords(category: string): string {
  const words = category.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a business key names: "receipt" of "receipt:in_123". The rest may be made from an address. */
export function businessKeyKind(businessKey: string): string {
  return businessKey.split(":", 1)[0] ?? businessKey;
}

const REPORT_WORDS: Record<string, StatusWords> = {
  "email.sent": DELIVERY_WORDS.sent,
  "email.delivery_delayed": DELIVERY_WORDS.delayed,
  "email.delivered": DELIVERY_WORDS.delivered,
  "email.complained": DELIVERY_WORDS.complained,
  "email.bounced": DELIVERY_WORDS.bounced,
  "email.failed": { label: "Could not be sent", tone: "critical" },
  "email.suppressed": DELIVERY_WORDS.suppressed,
  "email.opened": { label: "Opened", tone: "neutral" },
  "email.clicked": { label: "A link was followed", tone: "neutral" },
  processed: DELIVERY_WORDS.sent,
  deferred: DELIVERY_WORDS.delayed,
  delivered: DELIVERY_WORDS.delivered,
  spamreport: DELIVERY_WORDS.complained,
  bounce: DELIVERY_WORDS.bounced,
  dropped: DELIVERY_WORDS.suppressed,
  open: { label: "Opened", tone: "neutral" },
  click: { label: "A link was followed", tone: "neutral" },
};

/** A vendor's report; one that nobody here knows is shown by the vendor's name for it. */
export function reportWords(type: string): StatusWords {
  return REPORT_WORDS[type] ?? { label: type, tone: "neutral" };
}

interface ReasonWords extends StatusWords {
  /** What is kept from the address, and why. */
  meaning: string;
}

export const REASON_WORDS: Record<Suppression["reason"], ReasonWords> = {
  bounced: {
    label: "Bounced",
    tone: "critical",
    meaning: "The address does not exist, or refuses our mail for good.",
  },
  complained: {
    label: "Marked as spam",
    tone: "critical",
    meaning: "Its reader said that our mail is spam.",
  },
  vendor: {
    label: "On a provider's list",
    tone: "warning",
    meaning: "The provider keeps the address from being written to.",
  },
  unsubscribed: { label: "Unsubscribed", tone: "neutral", meaning: "Its reader does not want these mails." },
};
