/**
 * Finds a mail that the vendor may have taken, in its list of what it took, the newest first. The list does not tell
 * of tags, so whatever is of that time and to that address is looked at by itself.
 */
import { z } from "zod";
import type { SentLookup, SoughtMail } from "../port";
import { KEY_TAG } from "./mapping";

/** Of a hundred mails each; a mail further back is left to a person. */
const PAGES = 20;
/** The vendor's clock and the database's. */
const CLOCKS_MS = 5 * 60 * 1000;

const pageSchema = z.object({
  has_more: z.boolean(),
  data: z.array(z.object({ id: z.string(), to: z.array(z.string()), created_at: z.string() })),
});
const mailSchema = z.object({ tags: z.array(z.object({ name: z.string(), value: z.string() })).optional() });

/** In place of an answer: the account's key may only send. */
export const MAY_NOT_LOOK = Symbol("may not look");

export interface SentList {
  /** A page of a hundred, from behind this mail on. */
  list(after: string | undefined): Promise<unknown>;
  get(id: string): Promise<unknown>;
}

type Page = z.infer<typeof pageSchema>;

/** Undefined for an answer in a form that is not known. */
export async function lookUp(sent: SentList, sought: SoughtMail): Promise<SentLookup | undefined> {
  const beginning = sought.since.getTime() - CLOCKS_MS;
  let after: string | undefined;
  for (let number = 0; number < PAGES; number += 1) {
    const answer = await sent.list(after);
    if (answer === MAY_NOT_LOOK) return { kind: "refused" };
    const page = pageSchema.safeParse(answer);
    if (!page.success) return undefined;
    const found = await lookInPage(sent, page.data, sought);
    if (found?.kind !== "not_found") return found;
    const last = page.data.data.at(-1);
    const isLast = !page.data.has_more || !last || new Date(last.created_at).getTime() < beginning;
    if (isLast) return { kind: "not_found" };
    after = last.id;
  }
  return { kind: "unclear" };
}

async function lookInPage(
  sent: SentList,
  { data }: Page,
  { key, to }: SoughtMail,
): Promise<SentLookup | undefined> {
  const wanted = to.trim().toLowerCase();
  for (const { id, to: recipients } of data) {
    if (!recipients.some((recipient) => recipient.toLowerCase().includes(wanted))) continue;
    const answer = await sent.get(id);
    if (answer === MAY_NOT_LOOK) return { kind: "refused" };
    const mail = mailSchema.safeParse(answer);
    if (!mail.success) return undefined;
    const isIt = mail.data.tags?.some(({ name, value }) => name === KEY_TAG && value === key);
    if (isIt) return { kind: "found", messageId: id };
  }
  return { kind: "not_found" };
}
