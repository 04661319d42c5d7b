/** Reads and checks the body of a send as Resend does, one field after the other, the first fault answered. */
import { isAddress } from "@/lib/sandbox/mail/address";
import type { MailContent } from "@/lib/sandbox/mail/mail";
import { ResendApiError } from "./errors";

/** Resend takes at most this many addresses in `to`. */
const MAXIMUM_RECIPIENTS = 50;

/** @throws ResendApiError */
export function parseEmailRequest(body: unknown): MailContent {
  if (!isRecord(body)) throw validation("The request body must be a JSON object.");
  refuseUnsupported(body);
  const from = requireText(body, "from");
  if (!isAddress(from)) {
    throw new ResendApiError(422, "invalid_from_address", `Invalid \`from\` field. ${ADDRESS_FORMAT}`);
  }
  const to = addresses(body, "to");
  if (!to) throw missing("to");
  if (to.length > MAXIMUM_RECIPIENTS) {
    throw validation(`The \`to\` field must contain at most ${MAXIMUM_RECIPIENTS} email addresses.`);
  }
  const subject = requireText(body, "subject");
  const html = optionalText(body, "html");
  const text = optionalText(body, "text");
  if (html === null && text === null) throw missing("html` or `text");
  return {
    from,
    to,
    cc: addresses(body, "cc"),
    bcc: addresses(body, "bcc"),
    replyTo: addresses(body, "reply_to"),
    subject,
    html,
    text,
    tags: tags(body),
    categories: [],
    headers: headers(body),
    attachments: attachments(body),
  };
}

const ADDRESS_FORMAT =
  "The email address needs to follow the `email@example.com` or `Name <email@example.com>` format.";

function missing(fieldName: string): ResendApiError {
  return new ResendApiError(422, "missing_required_field", `Missing \`${fieldName}\` field.`);
}

function validation(message: string): ResendApiError {
  return new ResendApiError(422, "validation_error", message);
}

/** Said openly: pretending would make a mail vanish. */
function refuseUnsupported(body: Record<string, unknown>) {
  for (const name of ["scheduled_at", "template"]) {
    if (body[name] !== undefined && body[name] !== null) {
      throw validation(`The mail sandbox does not support \`${name}\`.`);
    }
  }
}

function requireText(body: Record<string, unknown>, name: string): string {
  const value = optionalText(body, name);
  if (value === null || value.trim() === "") throw missing(name);
  return value;
}

function optionalText(body: Record<string, unknown>, name: string): string | null {
  const value = body[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") throw validation(`The \`${name}\` field must be a \`string\`.`);
  return value;
}

function addresses(body: Record<string, unknown>, name: string): string[] | null {
  const value = body[name];
  if (value === undefined || value === null) return null;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const found = list.filter((entry) => typeof entry === "string");
  if (found.length === 0 && list.length === 0) return null;
  if (found.length !== list.length || !found.every(isAddress)) {
    throw validation(`Invalid \`${name}\` field. ${ADDRESS_FORMAT}`);
  }
  return found;
}

function tags(body: Record<string, unknown>): MailContent["tags"] {
  const { tags: value } = body;
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw validation("The `tags` field must be an `array`.");
  return value.map((tag: unknown) => {
    const allowed = /^[\w-]{1,256}$/;
    if (!isRecord(tag) || typeof tag.name !== "string" || typeof tag.value !== "string") {
      throw validation("Each tag needs a `name` and a `value`.");
    }
    if (!allowed.test(tag.name) || !allowed.test(tag.value)) {
      throw validation("Tags should only contain ASCII letters, numbers, underscores, or dashes.");
    }
    return { name: tag.name, value: tag.value };
  });
}

function headers(body: Record<string, unknown>): Record<string, string> {
  const { headers: value } = body;
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw validation("The `headers` field must be an `object`.");
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [name, String(content)]));
}

function attachments(body: Record<string, unknown>): MailContent["attachments"] {
  const { attachments: value } = body;
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw validation("The `attachments` field must be an `array`.");
  return value.map((attachment: unknown) => {
    if (!isRecord(attachment) || (attachment.content === undefined && attachment.path === undefined)) {
      throw new ResendApiError(
        422,
        "invalid_attachment",
        "Attachment must have either a `content` or `path`.",
      );
    }
    return {
      filename: typeof attachment.filename === "string" ? attachment.filename : "(unnamed)",
      contentType: typeof attachment.content_type === "string" ? attachment.content_type : null,
    };
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
