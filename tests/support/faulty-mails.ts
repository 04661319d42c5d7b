import type { EmailMessage } from "@/lib/integrations/email/port";
import type { Vendors } from "./vendors";

const addressOf = (key: string) => `${key}@example.com`;

/** A mail that can be told from all others by the key that it is sent under. */
export function mailTo(key: string): EmailMessage {
  return {
    from: "Breakwater <hello@breakwater.example>",
    to: addressOf(key),
    subject: "A mail of a test",
    html: "<p>Hello</p>",
    text: "Hello",
    category: "test",
  };
}

/** How many of it the vendors have taken. */
export async function mailsWithKey(vendors: Vendors, key: string): Promise<number> {
  return (await vendors.mails(addressOf(key))).length;
}
