/**
 * Reads and checks the body of `POST /v3/mail/send` as SendGrid does, one field after the other, the first fault answered.
 * https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors
 */
import { isAddress } from "@/lib/sandbox/mail/address";
import type { MailContent } from "@/lib/sandbox/mail/mail";
import { SendgridApiError } from "./errors";

const MAXIMUM_PERSONALIZATIONS = 1_000;
const MAXIMUM_CATEGORIES = 10;
const MAXIMUM_CUSTOM_ARGS_BYTES = 10_000;

/** Said openly: pretending would make a mail vanish, or look different from what was asked for. */
const UNSUPPORTED = ["template_id", "send_at", "batch_id", "asm", "ip_pool_name", "mail_settings"];

type Json = Record<string, unknown>;

/**
 * @returns the mails that it asks for, one a personalization
 * @throws SendgridApiError
 */
export function parseMailSendRequest(body: unknown): MailContent[] {
  if (!isRecord(body)) throw refused("The JSON payload must be an object.", null);
  for (const name of UNSUPPORTED) {
    if (isGiven(body[name])) throw refused(`The mail sandbox does not support ${name}.`, name);
  }
  const { personalizations } = body;
  if (!Array.isArray(personalizations) || personalizations.length === 0) {
    const message = "The personalizations field is required and must have at least one personalization.";
    throw refused(message, "personalizations");
  }
  if (personalizations.length > MAXIMUM_PERSONALIZATIONS) {
    const message = `The personalization block is limited to ${MAXIMUM_PERSONALIZATIONS} personalizations per API request. You have provided ${personalizations.length} personalizations. Please consider splitting this into multiple requests and resending your request.`;
    throw refused(message, "personalizations");
  }
  const recipients = personalizations.map(parsePersonalization);
  const from = sender(body.from);
  const replyTo = isGiven(body.reply_to) ? [address(body.reply_to, "reply_to")] : null;
  const subject = textOrNull(body.subject);
  const content = parseContent(body.content);
  const shared = {
    from,
    replyTo,
    ...content,
    categories: categories(body.categories),
    attachments: attachments(body.attachments),
  };
  const sharedArgs = customArgs(body.custom_args, "custom_args");
  const sharedHeaders = headers(body.headers, "headers");
  return recipients.map((personal) => ({
    ...shared,
    to: personal.to,
    cc: personal.cc,
    bcc: personal.bcc,
    subject: requireSubject(personal.subject ?? subject),
    tags: Object.entries({ ...sharedArgs, ...personal.customArgs }).map(([name, value]) => ({ name, value })),
    headers: { ...sharedHeaders, ...personal.headers },
  }));
}

function refused(message: string, field: string | null): SendgridApiError {
  return new SendgridApiError(400, message, field);
}

interface Personalization {
  to: string[];
  cc: string[] | null;
  bcc: string[] | null;
  subject: string | null;
  customArgs: Record<string, string>;
  headers: Record<string, string>;
}

function parsePersonalization(value: unknown, index: number): Personalization {
  const field = `personalizations.${index}`;
  if (!isRecord(value)) throw refused("Each personalization must be an object.", field);
  const to = addresses(value.to, `${field}.to`);
  if (!to || to.length === 0) {
    const message =
      "The to array is required for all personalization objects, and must have at least one email object with a valid email address.";
    throw refused(message, `${field}.to`);
  }
  const cc = addresses(value.cc, `${field}.cc`);
  const bcc = addresses(value.bcc, `${field}.bcc`);
  refuseDuplicates({ to, cc: cc ?? [], bcc: bcc ?? [] }, field);
  return {
    to,
    cc,
    bcc,
    subject: textOrNull(value.subject),
    customArgs: customArgs(value.custom_args, `${field}.custom_args`),
    headers: headers(value.headers, `${field}.headers`),
  };
}

function refuseDuplicates(lists: Record<"to" | "cc" | "bcc", string[]>, field: string) {
  const seen = new Set<string>();
  for (const [name, list] of Object.entries(lists)) {
    for (const entry of list) {
      const key = entry.toLowerCase();
      if (seen.has(key)) {
        const message = `Each email address in the personalization block should be unique between to, cc, and bcc. We found the first duplicate instance of [${entry}] in the ${field}.${name} field.`;
        throw refused(message, field);
      }
      seen.add(key);
    }
  }
}

function sender(value: unknown): string {
  if (!isRecord(value) || !isGiven(value.email)) {
    const message =
      'The from object must be provided for every email send. It is an object that requires the email parameter, but may also contain a name parameter.  e.g. {"email" : "example@example.com"}  or {"email" : "example@example.com", "name" : "Example Recipient"}.';
    throw refused(message, "from.email");
  }
  return address(value, "from");
}

/** `{email, name}` as `Name <email>`, the way in which the sandbox keeps addresses. */
function address(value: unknown, field: string): string {
  const email = isRecord(value) ? value.email : undefined;
  if (!isRecord(value) || typeof email !== "string" || !isAddress(email) || /[<>]/.test(email)) {
    throw refused("Does not contain a valid address.", `${field}.email`);
  }
  const name = textOrNull(value.name);
  return name === null ? email : `${name} <${email}>`;
}

function addresses(value: unknown, field: string): string[] | null {
  if (!isGiven(value)) return null;
  if (!Array.isArray(value)) throw refused(`The ${field} field must be an array.`, field);
  return value.map((entry: unknown, index) => address(entry, `${field}.${index}`));
}

function requireSubject(subject: string | null): string {
  if (subject !== null) return subject;
  const message =
    "The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.";
  throw refused(message, "subject");
}

function parseContent(value: unknown): { html: string | null; text: string | null } {
  if (!Array.isArray(value) || value.length === 0) {
    const message =
      "Unless a valid template_id is provided, the content parameter is required. There must be at least one defined content block. We typically suggest both text/plain and text/html blocks are included, but only one block is required.";
    throw refused(message, "content");
  }
  const found = new Map<string, string>();
  for (const [index, entry] of value.entries()) {
    const type: unknown = isRecord(entry) ? entry.type : undefined;
    const text = isRecord(entry) ? textOrNull(entry.value) : null;
    if (typeof type !== "string" || !["text/plain", "text/html"].includes(type)) {
      throw refused("The mail sandbox takes text/plain and text/html.", `content.${index}.type`);
    }
    if (text === null) {
      const message = "The content value must be a string at least one character in length.";
      throw refused(message, `content.${index}.value`);
    }
    if (found.has(type)) throw refused("Each content type can only be included once.", "content");
    if (type === "text/plain" && found.size > 0) {
      const message =
        "If present, text/plain must be first, followed by text/html, followed by any other content.";
      throw refused(message, "content");
    }
    found.set(type, text);
  }
  return { text: found.get("text/plain") ?? null, html: found.get("text/html") ?? null };
}

function categories(value: unknown): string[] {
  if (!isGiven(value)) return [];
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) {
    throw refused("The categories field must be an array of strings.", "categories");
  }
  if (value.length > MAXIMUM_CATEGORIES)
    throw refused("A message can have at most 10 categories.", "categories");
  return value;
}

function customArgs(value: unknown, field: string): Record<string, string> {
  const found = strings(value, field);
  if (Buffer.byteLength(JSON.stringify(found)) > MAXIMUM_CUSTOM_ARGS_BYTES) {
    throw refused("The custom_args must be no more than 10000 bytes.", field);
  }
  return found;
}

const headers = (value: unknown, field: string) => strings(value, field);

function strings(value: unknown, field: string): Record<string, string> {
  if (!isGiven(value)) return {};
  const entries = isRecord(value) ? Object.entries(value) : [];
  const found = entries.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  if (!isRecord(value) || found.length !== entries.length) {
    throw refused(`The ${field} field must be an object of strings.`, field);
  }
  return Object.fromEntries(found);
}

function attachments(value: unknown): MailContent["attachments"] {
  if (!isGiven(value)) return [];
  if (!Array.isArray(value)) throw refused("The attachments field must be an array.", "attachments");
  return value.map((entry: unknown, index) => {
    if (!isRecord(entry) || typeof entry.content !== "string" || typeof entry.filename !== "string") {
      throw refused("Each attachment needs a content and a filename.", `attachments.${index}`);
    }
    return { filename: entry.filename, contentType: textOrNull(entry.type) };
  });
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
