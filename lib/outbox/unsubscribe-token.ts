/**
 * What a mail's unsubscribe link carries: whom it is about, and which mails. Sealed, so that nobody makes one for
 * somebody else, and the address does not stand in the logs that its link passes through. It never expires: a mail is
 * read years later, and its reader must still be rid of it.
 */
import { z } from "zod";
import { createSealer } from "./sealer";

const { seal, open } = createSealer("breakwater unsubscribe v1");

const schema = z.object({ address: z.string().min(1), category: z.string().min(1) });

export type Unsubscription = z.infer<typeof schema>;

export function unsubscribeToken({ address, category }: Unsubscription): string {
  return Buffer.from(seal(JSON.stringify({ address, category }))).toString("base64url");
}

/** Null for what none of our mails has carried. */
export function readUnsubscribeToken(token: string): Unsubscription | null {
  try {
    return schema.parse(JSON.parse(open(Buffer.from(token, "base64url"))));
  } catch {
    return null;
  }
}
