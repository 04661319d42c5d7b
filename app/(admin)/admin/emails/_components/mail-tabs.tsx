import { ListTabs } from "@/app/(admin)/admin/_components/list-tabs";
import { addressOf } from "@/app/(admin)/admin/_view/keyset";
import type { MailCounts } from "@/lib/db/mail-console";
import type { MailQuestion } from "../_view/mail-filter";

/** The parts of the outbox; what may want a person is counted. */
export function MailTabs({ counts, question }: { counts: MailCounts; question: MailQuestion }) {
  const { part, fields } = question;
  const ofMails = (label: string, status: string, count?: number) => ({
    href: addressOf("/admin/emails", { status }),
    label,
    count,
    isCurrent: part === "mails" && fields.status === status,
  });
  const commands = {
    href: "/admin/emails?kind=commands",
    label: "Commands",
    // Of these only what was given up wants anybody.
    count: counts.deadCommands === 0 ? undefined : counts.deadCommands,
    isCurrent: part === "commands",
  };
  return (
    <ListTabs
      label="Messages by state"
      tabs={[
        ofMails("All mails", ""),
        ofMails("Given up", "dead", counts.dead),
        ofMails("Suppressed", "suppressed", counts.suppressed),
        ofMails("Waiting", "pending", counts.pending),
        commands,
      ]}
    />
  );
}
