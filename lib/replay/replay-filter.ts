/** A set as it stands in its job's row: what the list was filtered by, as JSON. */
import { z } from "zod";
import type { MailFilter } from "@/lib/db/mail-console";
import type { ReplayableStatus, WebhookFilter } from "@/lib/db/webhook-filter";

const text = z.string().nullable();
const moment = z.iso
  .datetime()
  .transform((iso) => new Date(iso))
  .nullable();

const eventsSchema = z.object({
  ...{ provider: text, type: text, objectId: text, workspaceId: text },
  status: z.enum(["dead", "done", "ignored", "quarantined"]),
  ids: z.array(z.string()).nullable(),
  ...{ from: moment, to: moment },
});

const messagesSchema = z.object({
  kinds: z.array(
    z.enum([
      ...(["email", "cancel_duplicate_subscription", "expire_checkout"] as const),
      ...(["cancel_subscription", "alert"] as const),
    ]),
  ),
  status: z.literal("dead"),
  delivery: z
    .enum(["unknown", "sent", "delayed", "delivered", "complained", "bounced", "suppressed"])
    .nullable(),
  ...{ category: text, recipient: text, provider: text, workspaceId: text, reference: text },
  ...{ from: moment, until: moment },
});

/** @throws ZodError for what an earlier release wrote differently */
export function readEventFilter(json: unknown): WebhookFilter & { status: ReplayableStatus } {
  return eventsSchema.parse(json);
}

/** @throws ZodError likewise */
export function readMessageFilter(json: unknown): MailFilter {
  return messagesSchema.parse(json);
}
