import type { ReactNode } from "react";
import { Alert } from "@/components/ui/alert";
import type { ActionFailure } from "@/lib/result";

/** Failures of ours or of somebody we rely on: the same once more may well succeed. */
const WORTH_ANOTHER_TRY = new Set(["unavailable", "integration_failed", "internal"]);

interface FormFailureProps {
  failure: ActionFailure | null;
  /** The fields that show their own messages. */
  fields?: readonly string[];
  /** A button that sends the same once more; shown where that can help. */
  retry?: ReactNode;
}

/** What no field says for itself: the message of the failure, and those of fields that cannot be seen. */
export function FormFailure({ failure, fields = [], retry }: FormFailureProps) {
  if (failure === null) return null;
  const messages = Object.entries(failure.fields ?? {});
  const unseen = messages.flatMap(([field, message]) => (fields.includes(field) ? [] : [message]));
  if (messages.length > 0 && unseen.length === 0) return null;
  const isPassing = WORTH_ANOTHER_TRY.has(failure.code);
  return (
    // Red is for what the person has to mend.
    <Alert tone={isPassing ? "warning" : "critical"} announce>
      {(unseen.length > 0 ? unseen : [failure.message]).map((message) => (
        <p key={message}>{message}</p>
      ))}
      {failure.reference ? (
        <p className="text-xs">
          Reference <span className="font-mono">{failure.reference}</span>, should you write to us.
        </p>
      ) : null}
      {retry && isPassing ? <div className="pt-2">{retry}</div> : null}
    </Alert>
  );
}
