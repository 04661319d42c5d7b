import { createHash } from "node:crypto";
import { db } from "@/lib/db/client";
import type { AuthMail } from "@/lib/integrations/auth/port";
import { enqueueMail } from "./enqueue";
import { type Mail, renderMail } from "./render-mail";

/**
 * How many mails of a kind one address is sent in a time: people may ask again, strangers cannot flood a mailbox. What
 * was mailed before still works.
 */
const ALLOWANCE: Record<AuthMail["kind"], { mails: number; everyMs: number }> = {
  "verify-email": { mails: 5, everyMs: 10 * 60 * 1000 },
  "reset-password": { mails: 5, everyMs: 10 * 60 * 1000 },
  "already-registered": { mails: 1, everyMs: 60 * 60 * 1000 },
};

/** The mail's place among those that the address is allowed: the outbox holds each key once. */
function businessKeys({ kind, to }: AuthMail): string[] {
  const { mails, everyMs } = ALLOWANCE[kind];
  const address = createHash("sha256").update(to.toLowerCase()).digest("hex").slice(0, 32);
  const time = Math.floor(Date.now() / everyMs);
  return Array.from({ length: mails }, (_, place) => `${kind}:${address}:${time}:${place}`);
}

function toMail(mail: AuthMail): Mail {
  return mail.kind === "already-registered"
    ? { template: mail.kind, name: mail.name }
    : { template: mail.kind, name: mail.name, token: mail.token };
}

/**
 * Writes an account mail into the outbox, unless the address has had its share; it is delivered by the pump, never
 * from the provider's callback.
 */
export async function enqueueAuthMail(mail: AuthMail): Promise<void> {
  const rendered = await renderMail(toMail(mail), mail.to);
  const carriesSecret = mail.kind !== "already-registered";
  for (const businessKey of businessKeys(mail)) {
    if (await enqueueMail(db(), { businessKey, mail: rendered, carriesSecret })) return;
  }
}
