import { resubscribe, unsubscribe } from "@/lib/db/email-suppressions";
import { AppError } from "@/lib/errors/app-error";
import { unsubscribableName } from "@/lib/outbox/categories";
import { readUnsubscribeToken } from "@/lib/outbox/unsubscribe-token";

/**
 * A reader's wish, by the link of one of their mails: no more of its kind, or again some. Said twice it is the same
 * wish. Nobody need be signed in: whoever has the mail has the link.
 * @throws AppError invalid_input for a link that is none of ours, or is broken
 */
export async function setUnsubscribed(input: { token: string; unsubscribed: boolean }): Promise<void> {
  const link = readUnsubscribeToken(input.token);
  if (!link || unsubscribableName(link.category) === null) {
    throw new AppError("invalid_input", {
      userMessage: "This link is not complete. Please open it from the mail again.",
    });
  }
  const { address, category } = link;
  await (input.unsubscribed ? unsubscribe(address, category) : resubscribe(address, category));
}
