import type { ReactNode } from "react";
import { formatMoment } from "@/app/(admin)/admin/_view/format";
import type { MailPage } from "@/lib/db/mail-console";
import type { MailQuestion } from "../_view/mail-filter";

/** What a reader must know to read the list rightly. */
export function ListNotes({ page, question }: { page: MailPage; question: MailQuestion }) {
  const { lookedTo, moreRecipients, newerThan, olderThan } = page;
  const onwards = olderThan === null && newerThan !== null ? "Newer" : "Older";
  return (
    <>
      {moreRecipients ? (
        <p className="mt-6 text-sm text-muted">
          Many addresses begin with “{question.fields.recipient}”. These are the mails to the first 20 of
          them: write more of the address to see others.
        </p>
      ) : null}
      {lookedTo === null ? null : (
        <p className="mt-6 text-sm text-muted">
          Looked as far as {formatMoment(lookedTo)} UTC, which is a long list. There may be more: “{onwards}”
          goes on from there.
        </p>
      )}
    </>
  );
}

interface EmptyWords {
  title: string;
  words: ReactNode;
}

/** Why there is nothing to list. */
export function emptyWords({ question, isWrong }: { question: MailQuestion; isWrong: boolean }): EmptyWords {
  if (isWrong) {
    return { title: "The filter cannot be read", words: "Please look at what is said beside its fields." };
  }
  const { fields, part } = question;
  const { kind, status, ...others } = fields;
  if (Object.values(others).some((value) => value !== "")) {
    return { title: `No ${part} fit the filter`, words: "Take out a condition, or clear all of them." };
  }
  switch (status) {
    case "dead":
      return {
        title: "Nothing was given up",
        words: "What could not be sent or done within three days stands here, with the reason.",
      };
    case "suppressed":
      return {
        title: "Nothing was suppressed",
        words: "Mails that were not sent because of their address stand here.",
      };
    case "pending":
      return { title: "Nothing waits", words: "What is to go out stands here until it has gone." };
    default:
      return {
        title: kind === "" ? "No mails yet" : "No commands yet",
        words:
          kind === ""
            ? "Each mail that the app sends stands here: when, to whom, and what became of it."
            : "What the app has a provider do later stands here, such as closing a payment page.",
      };
  }
}
