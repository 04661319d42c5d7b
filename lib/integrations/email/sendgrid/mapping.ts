import { z } from "zod";
import type { EmailMessage } from "../port";

/** Our own id of a mail, which the vendor repeats in each event and can look it up by. */
export const KEY_ARGUMENT = "outbox_id";

function addressOf(sender: string): { email: string; name?: string } {
  const [, name = "", email] = /^\s*(.*?)\s*<([^<>]+)>\s*$/.exec(sender) ?? [];
  if (email === undefined) return { email: sender.trim() };
  const unquoted = name.replace(/^"(.*)"$/, "$1");
  return unquoted === "" ? { email } : { email, name: unquoted };
}

/** The body of `POST /v3/mail/send`: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send */
export function toMailSend(message: EmailMessage, key: string) {
  return {
    personalizations: [{ to: [{ email: message.to }] }],
    from: addressOf(message.from),
    subject: message.subject,
    // In this order: the vendor wants plain text first.
    content: [
      { type: "text/plain", value: message.text },
      { type: "text/html", value: message.html },
    ],
    categories: [message.category],
    custom_args: { [KEY_ARGUMENT]: key },
    ...(message.headers ? { headers: message.headers } : {}),
    // Tracking would send a person's clicks on a sign-in link through the vendor's host.
    tracking_settings: {
      click_tracking: { enable: false, enable_text: false },
      open_tracking: { enable: false },
    },
  };
}

/** Ids of events and of the activity feed go on where the id that sending answered ends. */
export function messageIdOf(longer: string): string {
  return longer.split(".", 1)[0] ?? longer;
}

/** The query of `GET /v3/messages` that finds a mail by its key. */
export function activityQuery(key: string): string {
  const query = `(unique_args['${KEY_ARGUMENT}']="${key}")`;
  return new URLSearchParams({ query, limit: "1" }).toString();
}

const activitySchema = z.object({ messages: z.array(z.object({ msg_id: z.string().min(1) })) });

/** The id of the mail that the activity feed found; null for none, undefined for an answer in another form. */
export function foundMessageId(body: unknown): string | null | undefined {
  const parsed = activitySchema.safeParse(body);
  if (!parsed.success) return undefined;
  const [message] = parsed.data.messages;
  return message ? messageIdOf(message.msg_id) : null;
}
