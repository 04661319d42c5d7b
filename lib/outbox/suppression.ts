import type { SuppressionReasonName } from "@/lib/db/email-suppressions";

/**
 * Whether what is known of an address keeps a mail from it. One that does not exist, or that a vendor refuses, gets
 * nothing: each further try costs the sender's name, for all of its mails. A person who has complained or unsubscribed
 * still gets what they asked for themselves, and what tells them of their money.
 */
export function keepsBack(reason: SuppressionReasonName, isTransactional: boolean): boolean {
  switch (reason) {
    case "bounced":
    case "vendor":
      return true;
    case "complained":
    case "unsubscribed":
      return !isTransactional;
    default:
      return reason satisfies never;
  }
}
