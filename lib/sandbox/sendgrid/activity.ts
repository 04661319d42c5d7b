/**
 * The Email Activity API's query language, as far as one mail is looked up with it: conditions joined by AND. Unlike the
 * vendor's, which lags by minutes, this one knows a mail as soon as it was taken.
 * https://www.twilio.com/docs/sendgrid/for-developers/sending-email/getting-started-email-activity-api
 */
import { addressOf } from "@/lib/sandbox/mail/address";
import type { Mail } from "@/lib/sandbox/mail/mail";
import { SendgridApiError } from "./errors";
import { sendgridMessageId } from "./events";

/** One row of the activity: a mail to one recipient. */
interface ActivityMessage {
  from_email: string;
  msg_id: string;
  subject: string;
  to_email: string;
  status: "processed" | "delivered" | "not_delivered";
  opens_count: number;
  clicks_count: number;
  /** ISO 8601. */
  last_event_time: string;
}

/**
 * @param mails the newest first
 * @throws SendgridApiError for a query or a limit that is not understood
 */
export function findActivity(
  mails: readonly Mail[],
  params: URLSearchParams,
): { messages: ActivityMessage[] } {
  const limit = Number(params.get("limit") ?? 10);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
    throw new SendgridApiError(400, "limit must be greater than 0 and less than or equal to 1000", "limit");
  }
  const conditions = parseQuery(params.get("query") ?? "");
  const messages = mails.flatMap((mail) =>
    mail.to
      .map((recipient, index) => ({ mail, message: messageOf(mail, recipient, index) }))
      .filter((row) => conditions.every((holds) => holds(row)))
      .map(({ message }) => message),
  );
  return { messages: messages.slice(0, limit) };
}

interface Row {
  mail: Mail;
  message: ActivityMessage;
}
type Condition = (row: Row) => boolean;

const CONDITION =
  /^(?:unique_args\['([^']+)'\]|(msg_id|to_email|from_email|subject|status))\s*=\s*"([^"]*)"$/;

function parseQuery(query: string): Condition[] {
  if (query.trim() === "") return [];
  return query.split(/\s+AND\s+/i).map((text) => {
    // With AND alone parentheses change nothing.
    const [, argument, field, wanted] = CONDITION.exec(text.trim().replace(/^\(+|\)+$/g, "")) ?? [];
    if (argument !== undefined)
      return ({ mail }) => mail.tags.some(({ name, value }) => name === argument && value === wanted);
    if (field === undefined) throw new SendgridApiError(400, "The query could not be parsed.", "query");
    return ({ message }) => message[field as keyof ActivityMessage] === wanted;
  });
}

function messageOf(mail: Mail, recipient: string, index: number): ActivityMessage {
  return {
    from_email: addressOf(mail.from),
    msg_id: sendgridMessageId(mail, index),
    subject: mail.subject,
    to_email: addressOf(recipient),
    status: statusOf(mail.state),
    opens_count: 0,
    clicks_count: 0,
    last_event_time: new Date(mail.events.at(-1)?.at ?? mail.createdAt).toISOString(),
  };
}

function statusOf(state: Mail["state"]): ActivityMessage["status"] {
  switch (state) {
    case "queued":
    case "sent":
    case "delivery_delayed":
      return "processed";
    case "delivered":
    case "complained":
      return "delivered";
    case "bounced":
    case "suppressed":
    case "failed":
      return "not_delivered";
    default:
      return state satisfies never;
  }
}
