import { isUnsubscribed } from "@/lib/db/email-suppressions";
import { unsubscribableName } from "@/lib/outbox/categories";
import { readUnsubscribeToken } from "@/lib/outbox/unsubscribe-token";

/** What an unsubscribe link is about, in words for its reader. */
export interface UnsubscriptionView {
  /** As its reader recognises it, and nobody else learns it from: "a…@example.com". */
  address: string;
  /** "mails that …" */
  mails: string;
  isUnsubscribed: boolean;
}

function hinted(address: string): string {
  const at = address.lastIndexOf("@");
  return `${address.slice(0, 1)}…${address.slice(at)}`;
}

/** Changes nothing: mail scanners follow links. Null for a link that is none of ours, or is broken. */
export async function readUnsubscription(token: string): Promise<UnsubscriptionView | null> {
  const link = readUnsubscribeToken(token);
  const mails = link && unsubscribableName(link.category);
  if (!link || !mails) return null;
  const { address, category } = link;
  return { address: hinted(address), mails, isUnsubscribed: await isUnsubscribed(address, category) };
}
