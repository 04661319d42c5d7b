/** What the forms that replay send, written and read in one place. */
import { z } from "zod";
import type { ReplayableStatus, WebhookFilter } from "@/lib/db/webhook-filter";

const GONE = "Please reload the page and try again.";

/** Of one event, and how often it had been replayed when it was looked at. */
export const eventInput = z.object({
  id: z.uuid(GONE),
  replays: z.coerce.number(GONE).int(GONE).min(0, GONE),
});

const REPLAYABLE = ["dead", "quarantined", "done", "ignored"] as const;

const text = z.string().min(1).max(255).nullable();
const moment = z.iso
  .datetime()
  .transform((iso) => new Date(iso))
  .nullable();

const filterSchema = z.object({
  ...{ provider: text, type: text, objectId: text },
  workspaceId: z.uuid().nullable(),
  status: z.enum(REPLAYABLE),
  ids: z.array(z.uuid()).max(100).nullable(),
  ...{ from: moment, to: moment },
});

/** A list's filter in a hidden field, as JSON. */
export const eventSetInput = z.string(GONE).transform((json, context) => {
  try {
    return filterSchema.parse(JSON.parse(json));
  } catch {
    context.addIssue({ code: "custom", message: GONE });
    return z.NEVER;
  }
});

/** The same the other way round. */
export function eventSetField(filter: WebhookFilter & { status: ReplayableStatus }): string {
  return JSON.stringify(filter);
}

/** A list of one state that can be replayed, or null. */
export function replayableSet(filter: WebhookFilter): (WebhookFilter & { status: ReplayableStatus }) | null {
  const status = REPLAYABLE.find((one) => one === filter.status);
  return status === undefined ? null : { ...filter, status };
}
