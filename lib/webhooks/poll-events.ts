import { insertWebhookEvent } from "@/lib/db/webhook-events";
import { payments } from "@/lib/integrations/payments";
import { listedEventRow } from "./payments-event";
import { pump } from "./process";

/** How far back each look reaches: events may become visible late, and the inbox drops what it has. */
const OVERLAP_MS = 60 * 60 * 1000;

/**
 * Fetches the vendor's recent events into the same inbox that webhooks fill. For a developer with a test key and no
 * public address: the loop closes without a tunnel or a vendor's CLI. Answers how many events it saw.
 */
export async function pollPaymentsEvents(): Promise<number> {
  const events = await payments().listEvents({ since: new Date(Date.now() - OVERLAP_MS) });
  for (const event of events) await insertWebhookEvent(listedEventRow(event));
  if (events.length > 0) await pump.run();
  return events.length;
}
