/**
 * Ingress: cap the size, verify the raw bytes, insert, answer. Nothing is done with an event before it is stored,
 * and the answers say nothing that an attacker could use.
 */
import { insertWebhookEvents, type NewWebhookEvent } from "@/lib/db/webhook-events";
import { readCapped } from "@/lib/http/read-capped";
import type { WebhookVerification } from "@/lib/integrations/webhook-verification";
import { errorFields, logger } from "@/lib/logger";
import { withRequestContext } from "@/lib/request-context";

const MAX_BYTES = 512 * 1024;
const RETRY_AFTER_SECONDS = "30";

export type Verify<Event> = (input: {
  body: Buffer;
  headers: Headers;
  now: Date;
}) => WebhookVerification<Event>;

function answer(status: 200 | 400 | 413 | 415 | 503): Response {
  const headers: Record<string, string> = { "cache-control": "no-store" };
  if (status === 503) headers["retry-after"] = RETRY_AFTER_SECONDS;
  return new Response(null, { status, headers });
}

/**
 * Stores a provider's events, all of a request's or none. `toRow` decides the status of each: pending, ignored or
 * quarantined; `onPending` is told when there is something to do.
 */
export function receiveWebhook<Event>(
  request: Request,
  provider: string,
  verify: Verify<Event>,
  toRow: (event: Event) => NewWebhookEvent,
  onPending: () => void,
): Promise<Response> {
  return withRequestContext({ origin: "background" }, () =>
    receive(request, provider, verify, toRow, onPending),
  );
}

async function receive<Event>(
  request: Request,
  provider: string,
  verify: Verify<Event>,
  toRow: (event: Event) => NewWebhookEvent,
  onPending: () => void,
): Promise<Response> {
  const contentType = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (contentType !== "application/json") return answer(415);
  const body = await readCapped(request, MAX_BYTES);
  if (body === null) return answer(413);

  const verification = verify({ body, headers: request.headers, now: new Date() });
  if (verification.kind === "unconfigured") {
    logger.error({ provider }, "webhook received, but its secret is not set");
    return answer(503);
  }
  if (verification.kind === "invalid") {
    logger.warn({ provider, reason: verification.reason }, "webhook refused");
    return answer(400);
  }

  const rows = verification.events.map(toRow);
  try {
    await insertWebhookEvents(rows);
  } catch (error) {
    logger.error(
      { provider, type: rows[0]?.type, ...errorFields(error) },
      "webhook not stored; the vendor will send it again",
    );
    return answer(503);
  }
  for (const { status, type, apiVersion, mode } of rows) {
    if (status === "QUARANTINED") logger.error({ provider, type, apiVersion, mode }, "webhook quarantined");
  }
  if (rows.some(({ status }) => status === "PENDING")) onPending();
  return answer(200);
}
