import { findKnownEvents } from "@/lib/db/vendor-copies";
import { insertWebhookEvents } from "@/lib/db/webhook-events";
import type { PaymentsEvent } from "@/lib/integrations/payments/port";
import { listedEventRow } from "./payments-event";

export interface StoredEvents {
  /** That were not in the inbox. */
  added: number;
  /** Of those, such as a handler waits for and no webhook has brought in good time. */
  missed: number;
}

/** A webhook usually comes within a second or two; one that is younger than this may be on its way (milliseconds). */
const ON_ITS_WAY_MS = 60_000;

/**
 * Puts events that the vendor lists into the inbox that webhooks fill; what is there stays as it is, also what was put
 * aside: a list does not say that it is ours after all. What is known is not sent to the database again: nearly
 * everything is, whenever two looks overlap.
 */
export async function storeListedEvents(
  events: readonly PaymentsEvent[],
  now = new Date(),
): Promise<StoredEvents> {
  const known = await findKnownEvents(events.map(({ externalId }) => externalId));
  // Oldest first, as webhooks would have brought them.
  const added = events
    .filter(({ externalId }) => !known.has(externalId))
    .map(listedEventRow)
    .reverse();
  await insertWebhookEvents(added);
  const missed = added.filter(
    ({ status, occurredAt }) => status === "PENDING" && now.getTime() - occurredAt.getTime() > ON_ITS_WAY_MS,
  );
  return { added: added.length, missed: missed.length };
}
