/** What the list of mails is filtered by, as it stands in the address. */

import { type SearchParams, textOf } from "@/app/(admin)/admin/_view/keyset";
import type { CommandKind, MailDelivery, MailFilter, MailStatus } from "@/lib/db/mail-console";
import { isUuid } from "@/lib/uuid";
import { COMMAND_KINDS, COMMAND_WORDS, categoryWords } from "./mail-words";

export const MAIL_STATUSES: readonly MailStatus[] = ["pending", "sent", "suppressed", "dead"];

export const MAIL_DELIVERIES: readonly MailDelivery[] = [
  "unknown",
  "sent",
  "delayed",
  "delivered",
  "complained",
  "bounced",
  "suppressed",
];

const FIELDS = [
  "kind",
  "status",
  "delivery",
  "category",
  "recipient",
  "provider",
  "workspace",
  "message",
  "from",
  "until",
] as const;

/** The fields as they were given, trimmed; empty where nothing was. */
export type MailFields = Record<(typeof FIELDS)[number], string>;

export interface MailQuestion {
  fields: MailFields;
  /** Of a part of the outbox: mails, or commands. */
  part: "mails" | "commands";
  /** What a person has to write differently, by field. */
  errors: Partial<Record<keyof MailFields, string>>;
  /** Whether anything is asked besides the part. */
  isFiltered: boolean;
}

/** Every command, or one kind of them. */
const COMMANDS = "commands";

/** To choose from on the commands' part of the page. */
export const COMMAND_OPTIONS: readonly { value: string; label: string }[] = [
  { value: COMMANDS, label: "All commands" },
  ...COMMAND_KINDS.map((value) => ({ value, label: COMMAND_WORDS[value] })),
];

function readFields(query: SearchParams): MailFields {
  const read = (name: keyof MailFields) => textOf(query, name).slice(0, 200);
  return {
    kind: read("kind").toLowerCase(),
    status: read("status").toLowerCase(),
    delivery: read("delivery").toLowerCase(),
    category: read("category"),
    recipient: read("recipient").toLowerCase(),
    provider: read("provider"),
    workspace: read("workspace"),
    message: read("message"),
    from: read("from"),
    until: read("until"),
  };
}

function isOneOf<Word extends string>(word: string, words: readonly Word[]): word is Word {
  return words.some((one) => one === word);
}

const MOMENT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?$/;

/** "2026-11-22" or "2026-11-22T14:03", in UTC; null where that is no moment. */
export function readMoment(text: string): Date | null {
  if (!MOMENT.test(text)) return null;
  const moment = new Date(text.includes("T") ? `${text}Z` : text);
  return Number.isNaN(moment.getTime()) ? null : moment;
}

export function readQuestion(query: SearchParams): MailQuestion {
  const fields = readFields(query);
  const isCommand = fields.kind === COMMANDS || isOneOf(fields.kind, COMMAND_KINDS);
  // What does not say anything is left out, rather than carried from page to page.
  if (!isCommand) fields.kind = "";
  if (!isOneOf(fields.status, MAIL_STATUSES)) fields.status = "";
  if (!isOneOf(fields.delivery, MAIL_DELIVERIES)) fields.delivery = "";
  const noMoment = "Write a day and a time, such as 2026-11-22T14:00.";
  const isWrong = (name: "from" | "until") => fields[name] !== "" && readMoment(fields[name]) === null;
  const asked = FIELDS.filter((name) => name !== "kind" || fields.kind !== COMMANDS);
  return {
    fields,
    part: isCommand ? "commands" : "mails",
    errors: {
      ...(isWrong("from") && { from: noMoment }),
      ...(isWrong("until") && { until: noMoment }),
    },
    isFiltered: asked.some((name) => fields[name] !== ""),
  };
}

function kindsOf(kind: string): MailFilter["kinds"] {
  if (isOneOf<CommandKind>(kind, COMMAND_KINDS)) return [kind];
  return kind === COMMANDS ? COMMAND_KINDS : ["email"];
}

/** @param workspaceId which workspace the field means */
export function toFilter({ fields }: MailQuestion, workspaceId: string | null): MailFilter {
  const { kind, status, delivery, category, recipient, provider, message, from, until } = fields;
  return {
    kinds: kindsOf(kind),
    status: isOneOf(status, MAIL_STATUSES) ? status : null,
    delivery: isOneOf(delivery, MAIL_DELIVERIES) ? delivery : null,
    category: category || null,
    recipient: recipient || null,
    provider: provider || null,
    workspaceId,
    reference: (isUuid(message) ? message.toLowerCase() : message) || null,
    from: readMoment(from),
    until: readMoment(until),
  };
}

/** What a set was narrowed to, as it was written down with it; besides having been given up. */
export function filterWords(filter: unknown): string {
  if (typeof filter !== "object" || filter === null) return "";
  const { kinds, category, recipient, provider, delivery, from, until }: Partial<Record<string, unknown>> = {
    ...filter,
  };
  const isOfMails = !Array.isArray(kinds) || kinds.includes("email");
  const words = [
    isOfMails ? null : "commands",
    typeof category === "string" ? categoryWords(category) : null,
    typeof recipient === "string" ? `to ${recipient}…` : null,
    typeof provider === "string" ? `by ${provider}` : null,
    typeof delivery === "string" ? delivery : null,
    typeof from === "string" ? `since ${from}` : null,
    typeof until === "string" ? `before ${until}` : null,
  ];
  return words.filter((word) => word !== null).join(", ");
}
