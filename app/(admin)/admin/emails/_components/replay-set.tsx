import { addressOf } from "@/app/(admin)/admin/_view/keyset";
import { ConfirmAction } from "@/components/forms/confirm-action";
import type { Confirmation } from "@/components/forms/confirm-form";
import type { MailQuestion } from "../_view/mail-filter";
import { replayMailsAction } from "../actions";

/** Of the mails or commands that were given up and fit the list. @param requestKey new with each page that asks */
export function replaySetConfirmation(
  { fields, part }: MailQuestion,
  requestKey: string,
): Confirmation<undefined> {
  const query = addressOf("", fields).slice(1);
  const isNarrowed = query !== "status=dead" && query !== "kind=commands&status=dead";
  return {
    title: `Replay ${isNarrowed ? "these" : "all"} given-up ${part}?`,
    description: (
      <>
        <p>
          All {part} that were given up by now{isNarrowed ? " and fit the filter" : ""} are tried again for up
          to three days: those on the other pages too, and none that is given up later.
        </p>
        <p>
          What may have reached a provider already is not done twice: where that cannot be made sure any more,
          it is given up again. Mails that carried a secret stay as they are, for their content is gone.
        </p>
        <p>It is noted in the audit log under your name.</p>
      </>
    ),
    confirmLabel: "Replay",
    pendingLabel: "Asking…",
    keepLabel: "Leave them",
    fields: { requestKey, query },
    action: replayMailsAction,
  };
}

export function ReplaySet({ question, requestKey }: { question: MailQuestion; requestKey: string }) {
  return (
    <ConfirmAction
      {...replaySetConfirmation(question, requestKey)}
      href={addressOf("/admin/emails", { ...question.fields, confirm: "replay" })}
      trigger="Replay these"
      afterwards="messages-heading"
    />
  );
}
