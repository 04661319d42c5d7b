/**
 * Sends a mail once, through the first provider or through the fallback.
 *
 * A row is bound to a provider before the mail is handed over, and only a failure after which the mail is known not to
 * be on its way takes that back. So a row that is bound when it is claimed may have been sent: it stays with its
 * provider, which recognises the mail by its key or is asked for it, and no other one sees it meanwhile.
 */
import { bindOutboxMessage, type LeasedOutboxMessage, unbindOutboxMessage } from "@/lib/db/outbox";
import { GiveUpError } from "@/lib/errors/give-up-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { NotYetError } from "@/lib/errors/not-yet-error";
import { email, emailFallback, emailProvider, isEmailProviderId } from "@/lib/integrations/email";
import type { EmailMessage, EmailProvider, KeyedEmailProvider } from "@/lib/integrations/email/port";
import { mayBeSent } from "./may-be-sent";

export type MailOutcome =
  | {
      kind: "sent";
      provider: string;
      /** The provider's id of the mail; null where only its reports say that it was taken. */
      externalId: string | null;
    }
  /** Its address is not written to; `reason` in our own words, for the operators. */
  | { kind: "suppressed"; reason: string };

/** The row's id is the key: however often it is tried, it is the same mail. */
export function sendMail(row: LeasedOutboxMessage, mail: EmailMessage): Promise<MailOutcome> {
  return row.provider === null ? sendNew(row, mail) : resume(row, mail, row.provider);
}

/** Goes to the first provider; while that one's breaker is open, to the fallback at once. */
async function sendNew(row: LeasedOutboxMessage, mail: EmailMessage): Promise<MailOutcome> {
  try {
    return await handOver(row, mail, email());
  } catch (error) {
    const fallback = emailFallback();
    if (fallback === null || !isCircuitOpen(error)) throw error;
    return await handOver(row, mail, fallback).catch((second: unknown) => {
      // With both of them down it waits for the first one, as if there were no second.
      throw isCircuitOpen(second) ? error : second;
    });
  }
}

function isCircuitOpen(error: unknown): boolean {
  return isIntegrationError(error) && error.kind === "circuit_open";
}

async function handOver(
  row: LeasedOutboxMessage,
  mail: EmailMessage,
  provider: EmailProvider,
): Promise<MailOutcome> {
  const permission = await mayBeSent(mail, provider);
  if (permission.kind === "suppressed") return { kind: "suppressed", reason: permission.reason };
  await bindOutboxMessage(row, provider.id);
  try {
    const { messageId } = await provider.send(mail, { idempotencyKey: row.id });
    return { kind: "sent", provider: provider.id, externalId: messageId };
  } catch (error) {
    if (isIntegrationError(error) && !error.mayHaveTakenEffect) await unbindOutboxMessage(row);
    throw error;
  }
}

async function resume(row: LeasedOutboxMessage, mail: EmailMessage, boundTo: string): Promise<MailOutcome> {
  if (!isEmailProviderId(boundTo)) {
    throw new GiveUpError(`may have been sent; by ${boundTo}, which is not known here any more`);
  }
  const provider = emailProvider(boundTo);
  // Reported on: so it was taken, and nobody need be asked.
  if (row.delivery !== "UNKNOWN") return { kind: "sent", provider: provider.id, externalId: null };
  switch (provider.deduplication) {
    case "idempotency-key":
      // For as long as the key is known there; after that it could be a second one.
      if (row.boundForMs <= provider.keyLifetimeMs) return sendAgain(row, mail, provider);
      return lookUp(row, mail, provider);
    case "lookup":
      if (row.boundForMs < provider.lookupLagMs) {
        const tooEarlyMs = provider.lookupLagMs - row.boundForMs;
        throw new NotYetError(tooEarlyMs, `may have been sent; ${provider.id} does not surely know yet`);
      }
      return lookUp(row, mail, provider);
    default:
      return provider satisfies never;
  }
}

/** Under the same key, which the provider knows; whatever comes of it, the row stays bound as it was. */
async function sendAgain(
  row: LeasedOutboxMessage,
  mail: EmailMessage,
  provider: KeyedEmailProvider,
): Promise<MailOutcome> {
  const permission = await mayBeSent(mail, provider);
  if (permission.kind === "suppressed") {
    return { kind: "suppressed", reason: `may have been sent before; ${permission.reason}` };
  }
  const { messageId } = await provider.send(mail, { idempotencyKey: row.id });
  return { kind: "sent", provider: provider.id, externalId: messageId };
}

/** Done only when the provider surely knows, so that "not found" means "not sent". */
async function lookUp(
  row: LeasedOutboxMessage,
  mail: EmailMessage,
  provider: EmailProvider,
): Promise<MailOutcome> {
  const since = new Date(Date.now() - row.boundForMs);
  const found = await provider.findSent({ key: row.id, to: mail.to, since });
  switch (found.kind) {
    case "found":
      return { kind: "sent", provider: provider.id, externalId: found.messageId };
    case "not_found":
      return sendNew(row, mail);
    case "unclear":
      throw new GiveUpError(`may have been sent; ${provider.id} lists too many to find it`);
    case "refused":
      throw new GiveUpError(`may have been sent; ${provider.id} does not let this account look it up`);
    default:
      return found satisfies never;
  }
}
