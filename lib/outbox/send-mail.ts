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
import type {
  EmailMessage,
  EmailProvider,
  KeyedEmailProvider,
  LookupEmailProvider,
} from "@/lib/integrations/email/port";

export interface SentMail {
  provider: string;
  /** The provider's id of the mail; null where only its reports say that it was taken. */
  externalId: string | null;
}

/** The row's id is the key: however often it is tried, it is the same mail. */
export function sendMail(row: LeasedOutboxMessage, mail: EmailMessage): Promise<SentMail> {
  return row.provider === null ? sendNew(row, mail) : resume(row, mail, row.provider);
}

/** Goes to the first provider; while that one's breaker is open, to the fallback at once. */
async function sendNew(row: LeasedOutboxMessage, mail: EmailMessage): Promise<SentMail> {
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
): Promise<SentMail> {
  await bindOutboxMessage(row, provider.id);
  try {
    const { messageId } = await provider.send(mail, { idempotencyKey: row.id });
    return { provider: provider.id, externalId: messageId };
  } catch (error) {
    if (isIntegrationError(error) && !error.mayHaveTakenEffect) await unbindOutboxMessage(row);
    throw error;
  }
}

async function resume(row: LeasedOutboxMessage, mail: EmailMessage, boundTo: string): Promise<SentMail> {
  if (!isEmailProviderId(boundTo)) {
    throw new GiveUpError(`may have been sent; by ${boundTo}, which is not known here any more`);
  }
  const provider = emailProvider(boundTo);
  switch (provider.deduplication) {
    case "idempotency-key":
      return sendAgain(row, mail, provider);
    case "lookup":
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
): Promise<SentMail> {
  if (row.boundForMs > provider.keyLifetimeMs) {
    throw new GiveUpError(`may have been sent; ${provider.id} may have forgotten its key by now`);
  }
  const { messageId } = await provider.send(mail, { idempotencyKey: row.id });
  return { provider: provider.id, externalId: messageId };
}

/** No sooner than the provider surely knows, so that "not found" means "not sent". */
async function lookUp(
  row: LeasedOutboxMessage,
  mail: EmailMessage,
  provider: LookupEmailProvider,
): Promise<SentMail> {
  // Reported on: so it was taken, and nobody need be asked.
  if (row.delivery !== "UNKNOWN") return { provider: provider.id, externalId: null };
  const tooEarlyMs = provider.lookupLagMs - row.boundForMs;
  if (tooEarlyMs > 0) {
    throw new NotYetError(tooEarlyMs, `may have been sent; ${provider.id} does not surely know yet`);
  }
  const found = await provider.findSent(row.id);
  switch (found.kind) {
    case "found":
      return { provider: provider.id, externalId: found.messageId };
    case "not_found":
      return sendNew(row, mail);
    case "refused":
      throw new GiveUpError(`may have been sent; ${provider.id} does not let this account look it up`);
    default:
      return found satisfies never;
  }
}
