import { Alert } from "@/components/ui/alert";
import type { ActionFailure } from "@/lib/result";

interface FormFailureProps {
  failure: ActionFailure | null;
  /** The fields that show their own messages. */
  fields?: readonly string[];
}

/** What no field says for itself: the message of the failure, and those of fields that cannot be seen. */
export function FormFailure({ failure, fields = [] }: FormFailureProps) {
  if (failure === null) return null;
  const messages = Object.entries(failure.fields ?? {});
  const unseen = messages.flatMap(([field, message]) => (fields.includes(field) ? [] : [message]));
  if (messages.length > 0 && unseen.length === 0) return null;
  return (
    <Alert tone="critical" announce>
      {(unseen.length > 0 ? unseen : [failure.message]).map((message) => (
        <p key={message}>{message}</p>
      ))}
    </Alert>
  );
}
