import { createHash } from "node:crypto";
import { db } from "@/lib/db/client";
import type { AuthMail } from "@/lib/integrations/auth/port";
import { enqueueMail } from "./enqueue";
import { type Mail, renderMail } from "./render-mail";

/**
 * How often (milliseconds) one address may be sent one kind of mail: a stranger cannot flood a mailbox by asking again
 * and again. What was mailed before still works.
 */
const AT_MOST_EVERY_MS: Record<AuthMail["kind"], number> = {
  "verify-email": 30_000,
  "reset-password": 30_000,
  "already-registered": 60 * 60 * 1000,
};

function businessKey({ kind, to }: AuthMail): string {
  const address = createHash("sha256").update(to.toLowerCase()).digest("hex").slice(0, 32);
  return `${kind}:${address}:${Math.floor(Date.now() / AT_MOST_EVERY_MS[kind])}`;
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
