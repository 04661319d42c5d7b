import { createHash } from "node:crypto";
import { db } from "@/lib/db/client";
import type { AuthMail } from "@/lib/integrations/auth/port";
import { enqueueMail } from "./enqueue";
import { type Mail, renderMail } from "./render-mail";

/** One such notice an hour and address: a stranger cannot flood a mailbox by signing up again and again. */
const NOTICE_MS = 60 * 60 * 1000;

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function businessKey(mail: AuthMail): string {
  if (mail.kind === "already-registered") {
    return `${mail.kind}:${digest(mail.to.toLowerCase())}:${Math.floor(Date.now() / NOTICE_MS)}`;
  }
  // A token is made once: its hash names this mail without giving the token away.
  return `${mail.kind}:${digest(mail.token)}`;
}

function toMail(mail: AuthMail): Mail {
  return mail.kind === "already-registered"
    ? { template: mail.kind, name: mail.name }
    : { template: mail.kind, name: mail.name, token: mail.token };
}

/** Writes an account mail into the outbox; it is delivered by the pump, never from the provider's callback. */
export async function enqueueAuthMail(mail: AuthMail): Promise<void> {
  const rendered = await renderMail(toMail(mail), mail.to);
  await enqueueMail(db(), {
    businessKey: businessKey(mail),
    mail: rendered,
    carriesSecret: mail.kind !== "already-registered",
  });
}
