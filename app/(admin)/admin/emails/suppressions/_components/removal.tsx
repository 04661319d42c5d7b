import { addressOf } from "@/app/(admin)/admin/_view/keyset";
import { categoryWords } from "@/app/(admin)/admin/emails/_view/mail-words";
import { removeSuppressionAction } from "@/app/(admin)/admin/emails/actions";
import type { Confirmation } from "@/components/forms/confirm-form";
import type { Suppression } from "@/lib/db/email-suppressions";

/** What it means to write to an address again that one had better not write to. */
function risk({ reason }: Suppression): string {
  switch (reason) {
    case "bounced":
      return "Do so only if you know that the address works by now: mail that bounces again and again makes providers and mailboxes distrust all of our mail.";
    case "complained":
      return "Do so only if its reader has asked for it: who is called spam a second time is soon filed as spam everywhere.";
    case "vendor":
      return "Do so only if you know why the provider refused it, and that this is over.";
    case "unsubscribed":
      return "Its reader has asked not to be sent these mails: do so only if they have changed their mind.";
    default:
      return reason satisfies never;
  }
}

export function removalConfirmation(suppression: Suppression, searched: string): Confirmation<undefined> {
  const { id, address, category, reason } = suppression;
  const isOurs = reason === "unsubscribed";
  return {
    title: `Write to ${address} again?`,
    description: (
      <>
        <p>
          {category === null ? "All mail" : `Mail of the kind “${categoryWords(category)}”`} goes to it again
          from now on. What was kept back until now stays unsent.
        </p>
        <p>{risk(suppression)}</p>
        <p>
          {isOurs
            ? "This wish is kept with us alone: nothing changes at the provider."
            : "The address is taken off the provider’s own list too, where that can be done from here; you are told if it cannot. If the provider refuses the next mail, the address comes back here."}
        </p>
        <p>It is noted in the audit log under your name, without the address.</p>
      </>
    ),
    confirmLabel: "Write to it again",
    pendingLabel: "Removing…",
    keepLabel: "Keep it suppressed",
    danger: true,
    fields: { id, address: searched },
    action: removeSuppressionAction,
  };
}

export function removalHref({ id }: Suppression, searched: string): string {
  return addressOf("/admin/emails/suppressions", { address: searched, remove: id });
}
