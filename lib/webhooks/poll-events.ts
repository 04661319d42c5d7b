import { payments } from "@/lib/integrations/payments";
import type { PaymentsProvider } from "@/lib/integrations/payments/port";
import { withRequestContext } from "@/lib/request-context";
import { storeListedEvents } from "./listed-events";
import { pump } from "./process";

type EventsPage = Awaited<ReturnType<PaymentsProvider["listEventsPage"]>>;

/** How far back each look reaches: events may become visible late, and the inbox drops what it has. */
const OVERLAP_MS = 60 * 60 * 1000;
/** Of the vendor's list; what is more than a developer's hour holds is left to reconciliation. */
const PAGES_AT_MOST = 5;

/**
 * Fetches the vendor's recent events into the same inbox that webhooks fill. For a developer with a test key and no
 * public address: the loop closes without a tunnel or a vendor's CLI. Answers how many events it saw.
 */
export async function pollPaymentsEvents(): Promise<number> {
  const since = new Date(Date.now() - OVERLAP_MS);
  let seen = 0;
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_AT_MOST; page += 1) {
    const listed: EventsPage = await withRequestContext({ origin: "background" }, () =>
      payments().listEventsPage({ since, cursor }),
    );
    seen += listed.events.length;
    await storeListedEvents(listed.events);
    cursor = listed.next;
    if (cursor === null) break;
  }
  if (seen > 0) await pump.run();
  return seen;
}
