/** What all mail vendors took, in one box: the app's person does not care which of them it was. */
import type { Mail } from "./mail";
import type { Mailroom } from "./mailroom";

export interface Mailbox {
  /** Shows this vendor's mails too. */
  add(mailroom: Mailroom): void;
  /** Newest first. */
  list(): Mail[];
  find(id: string): { mail: Mail; mailroom: Mailroom } | undefined;
}

export function createMailbox(): Mailbox {
  const mailrooms: Mailroom[] = [];
  return {
    add: (mailroom) => mailrooms.push(mailroom),
    list: () =>
      mailrooms.flatMap((mailroom) => mailroom.list()).sort((one, other) => other.createdAt - one.createdAt),
    find(id) {
      for (const mailroom of mailrooms) {
        const mail = mailroom.find(id);
        if (mail) return { mail, mailroom };
      }
      return undefined;
    },
  };
}
