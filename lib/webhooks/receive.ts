/**
 * Ingress: cap the size, verify the raw bytes, insert, answer. Nothing is done with an event before it is stored,
 * and the answers say nothing that an attacker could use.
 */
import { insertWebhookEvent, type NewWebhookEvent } from "@/lib/db/webhook-events";
import type { WebhookVerification } from "@/lib/integrations/webhook-verification";
import { errorFields, logger } from "@/lib/logger";
import { readCapped } from "./read-capped";

const MAX_BYTES = 512 * 1024;
const INSERT_DEADLINE_MS = 4_000;
const RETRY_AFTER_SECONDS = "30";

export type Verify<Event> = (input: {
  body: Buffer;
  headers: Headers;
  now: Date;
}) => WebhookVerification<Event>;

function answer(status: 200 | 400 | 413 | 415 | 503): Response {
  const headers = new Headers({ "cache-control": "no-store" });
  if (status === 503) headers.set("retry-after", RETRY_AFTER_SECONDS);
  return new Response(null, { status, headers });
}

async function beforeDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the insert took too long")), INSERT_DEADLINE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Stores a provider's event. `toRow` decides its status: pending, ignored or quarantined; `onPending` is told when
 * there is something to do.
 */
export async function receiveWebhook<Event>(
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

  const row = toRow(verification.event);
  try {
    await beforeDeadline(insertWebhookEvent(row));
  } catch (error) {
    logger.error(
      { provider, type: row.type, ...errorFields(error) },
      "webhook not stored; the vendor will send it again",
    );
    return answer(503);
  }
  if (row.status === "QUARANTINED") {
    logger.error(
      { provider, type: row.type, apiVersion: row.apiVersion, mode: row.mode },
      "webhook quarantined",
    );
  }
  if (row.status === "PENDING") onPending();
  return answer(200);
}
