/**
 * The mails of the stand-in: taking one in, what happens to it afterwards, and the webhooks that tell of it. Payloads as
 * documented at https://resend.com/docs/webhooks/event-types and typed by the SDK.
 */
import { randomUUID } from "node:crypto";
import type { GetEmailResponseSuccess } from "resend";
import type { StandInDeps, WebhookDeliverer } from "@/lib/sandbox/kernel/types";
import { addressOf, type EmailRequest } from "./email-request";
import { type EmailEventType, eventPayload, messageId } from "./events";

const EMAILS = "emails";
/** Time on the road between `email.sent` and `email.delivered`, in milliseconds. */
const DELIVERY_MS = 150;

export interface EmailEvent {
  type: EmailEventType;
  /** Unix milliseconds. */
  at: number;
  /** The `svix-id` of the webhook. */
  webhookId: string;
}

export interface StoredEmail {
  /** As `GET /emails/:id` answers it. */
  email: GetEmailResponseSuccess;
  /** Unix milliseconds. */
  createdAt: number;
  headers: Record<string, string>;
  attachments: EmailRequest["attachments"];
  idempotencyKey: string | null;
  events: EmailEvent[];
}

export interface Mailroom {
  /** Takes a mail in: `email.sent` at once, and a moment later what the recipient's address asks for. */
  accept(request: EmailRequest, idempotencyKey: string | null): string;
  find(id: string): StoredEmail | undefined;
  /** Newest first. */
  list(): StoredEmail[];
  /** Lets something happen to a mail and tells the app by webhook. */
  record(id: string, type: EmailEventType): void;
  /** Sends a mail on its way that a killed sandbox left between sent and delivered. */
  resume(): void;
  /** Ends its timers; `resume` at the next start takes up what was on its way. */
  stop(): void;
}

export function createMailroom(deps: StandInDeps, deliverer: WebhookDeliverer): Mailroom {
  const { store, now } = deps;
  const webhookUrl = `${deps.appUrl}/api/webhooks/resend`;

  const record = (id: string, type: EmailEventType) => {
    const stored = store.get<StoredEmail>(EMAILS, id);
    if (!stored) return; // A reset came in between.
    const at = now();
    const webhookId = `msg_${randomUUID().replaceAll("-", "")}`;
    store.atomically(() => {
      store.put<StoredEmail>(EMAILS, id, {
        ...stored,
        email: { ...stored.email, last_event: lastEventOf(type) },
        events: [...stored.events, { type, at, webhookId }],
      });
      deliverer.enqueue({
        id: webhookId,
        url: webhookUrl,
        body: JSON.stringify(eventPayload(type, stored, at)),
      });
    });
  };

  const travelling = new Set<NodeJS.Timeout>();
  const travel = (id: string) => {
    const timer = setTimeout(() => {
      travelling.delete(timer);
      const stored = store.get<StoredEmail>(EMAILS, id);
      if (stored?.email.last_event !== "sent") return;
      for (const type of outcomesFor(stored.email.to)) record(id, type);
    }, DELIVERY_MS);
    travelling.add(timer);
  };

  return {
    accept(request, idempotencyKey) {
      const id = randomUUID();
      const createdAt = now();
      store.atomically(() => {
        store.put<StoredEmail>(EMAILS, id, {
          email: toEmail(id, createdAt, request),
          createdAt,
          headers: request.headers,
          attachments: request.attachments,
          idempotencyKey,
          events: [],
        });
        record(id, "email.sent");
      });
      travel(id);
      return id;
    },
    find: (id) => store.get<StoredEmail>(EMAILS, id),
    list: () => store.list<StoredEmail>(EMAILS).toReversed(),
    record,
    resume() {
      for (const { email } of store.list<StoredEmail>(EMAILS))
        if (email.last_event === "sent") travel(email.id);
    },
    stop() {
      for (const timer of travelling) clearTimeout(timer);
      travelling.clear();
    },
  };
}

function toEmail(id: string, createdAt: number, request: EmailRequest): GetEmailResponseSuccess {
  return {
    object: "email",
    id,
    message_id: messageId(id),
    from: request.from,
    to: request.to,
    cc: request.cc,
    bcc: request.bcc,
    reply_to: request.replyTo,
    subject: request.subject,
    html: request.html,
    text: request.text,
    ...(request.tags.length > 0 ? { tags: request.tags } : {}),
    created_at: new Date(createdAt).toISOString(),
    scheduled_at: null,
    last_event: "queued",
  };
}

function lastEventOf(type: EmailEventType): GetEmailResponseSuccess["last_event"] {
  switch (type) {
    case "email.sent":
      return "sent";
    case "email.delivered":
      return "delivered";
    case "email.delivery_delayed":
      return "delivery_delayed";
    case "email.bounced":
      return "bounced";
    case "email.complained":
      return "complained";
    case "email.suppressed":
      return "suppressed";
    case "email.failed":
      return "failed";
  }
}

/**
 * Resend's own test addresses, with or without a `+label`, decide what becomes of a mail; every other one receives it.
 * https://resend.com/docs/dashboard/emails/send-test-emails
 */
function outcomesFor(to: string[]): EmailEventType[] {
  for (const recipient of to) {
    const test = /^(bounced|complained|suppressed)(\+[^@]*)?@resend\.dev$/i.exec(addressOf(recipient));
    if (!test) continue;
    switch (test[1]?.toLowerCase()) {
      case "bounced":
        return ["email.bounced"];
      case "complained":
        return ["email.delivered", "email.complained"];
      case "suppressed":
        return ["email.suppressed"];
    }
  }
  return ["email.delivered"];
}
