import { timingSafeEqual } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { z } from "zod";
import { WEBHOOK_TOLERANCE_SECONDS, type WebhookVerification } from "@/lib/integrations/webhook-verification";
import type { EmailEvent } from "../port";
import { KEY_TAG } from "./mapping";

const eventSchema = z.looseObject({
  type: z.string(),
  created_at: z.string(),
  data: z.looseObject({
    email_id: z.string().optional(),
    // Of a mail that was sent by hand it may be a list, or missing.
    tags: z
      .looseObject({ [KEY_TAG]: z.string().optional() })
      .optional()
      .catch(undefined),
  }),
});

/** Svix signs `<svix-id>.<svix-timestamp>.<body>`; its headers are the Standard Webhooks ones under older names. */
export function verifyResendWebhook(input: {
  body: Buffer;
  headers: Headers;
  now: Date;
  secrets: readonly string[];
}): WebhookVerification<EmailEvent> {
  // A mistyped secret counts as none: the vendor keeps its events until it is set right.
  const signers = input.secrets.map(signerOf).filter((signer) => signer !== null);
  if (signers.length === 0) return { kind: "unconfigured" };
  const id = input.headers.get("svix-id") ?? "";
  const timestamp = input.headers.get("svix-timestamp") ?? "";
  const signature = input.headers.get("svix-signature") ?? "";
  const text = input.body.toString("utf8");
  if (!signers.some((signer) => isSignedBy(signer, { id, timestamp, signature, text }))) {
    return { kind: "invalid", reason: "signature" };
  }
  if (Math.abs(input.now.getTime() / 1000 - Number(timestamp)) > WEBHOOK_TOLERANCE_SECONDS) {
    return { kind: "invalid", reason: "timestamp" };
  }
  return read(text, id);
}

function signerOf(secret: string): Webhook | null {
  try {
    return new Webhook(secret);
  } catch {
    return null;
  }
}

function isSignedBy(
  signer: Webhook,
  signed: { id: string; timestamp: string; signature: string; text: string },
): boolean {
  if (!signed.id || !/^[1-9]\d*$/.test(signed.timestamp)) return false;
  // The library would also judge the age by its own clock: it is given only the comparison to make.
  const expected = signer.sign(signed.id, new Date(Number(signed.timestamp) * 1000), signed.text);
  return signed.signature.split(" ").some((candidate) => constantTimeEqual(candidate, expected));
}

function constantTimeEqual(a: string, b: string): boolean {
  return Buffer.byteLength(a) === Buffer.byteLength(b) && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function read(text: string, id: string): WebhookVerification<EmailEvent> {
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch {
    return { kind: "invalid", reason: "body" };
  }
  const parsed = eventSchema.safeParse(payload);
  if (!parsed.success) return { kind: "invalid", reason: "body" };
  const { type, created_at, data } = parsed.data;
  const occurredAt = new Date(created_at);
  return {
    kind: "verified",
    events: [
      {
        externalId: id,
        type,
        occurredAt: Number.isNaN(occurredAt.getTime()) ? new Date() : occurredAt,
        messageId: data.email_id ?? null,
        key: data.tags?.[KEY_TAG] ?? null,
        payload: text,
      },
    ],
  };
}
