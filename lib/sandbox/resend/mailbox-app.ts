/** The mailbox: what the app has sent, for people (pages) and tests (`/mailbox.json`). Not part of Resend's API. */
import { Hono } from "hono";
import type { WebhookDeliverer } from "@/lib/sandbox/kernel/types";
import { addressOf } from "./email-request";
import { EMAIL_EVENT_TYPES, type EmailEventType } from "./events";
import { type MessageView, mailboxPage, messageHtml, messagePage, unknownMessagePage } from "./mailbox-pages";
import type { Mailroom, StoredEmail } from "./mailroom";

export interface MailboxDeps {
  mailroom: Mailroom;
  deliverer: WebhookDeliverer;
  /** Linked from the bar. */
  appUrl: string;
}

/** A mail as `GET /mailbox.json?to=address` answers it, newest first. */
export interface MailboxEntry {
  id: string;
  from: string;
  to: string[];
  subject: string;
  html: string | null;
  text: string | null;
  tags: Record<string, string>;
  idempotency_key: string | null;
  last_event: string;
  /** ISO 8601. */
  created_at: string;
}

export function createMailboxApp({ mailroom, deliverer, appUrl }: MailboxDeps): Hono {
  const app = new Hono();
  /** Mails to an address, or all; `to` may be a part of the address, or all of it where `isExact`. */
  const find = (to: string, isExact: boolean) => {
    const wanted = to.trim().toLowerCase();
    if (wanted === "") return mailroom.list();
    return mailroom.list().filter(({ email }) =>
      email.to.some((recipient) => {
        const address = addressOf(recipient).toLowerCase();
        return isExact ? address === wanted : address.includes(wanted);
      }),
    );
  };

  app.get("/", (context) => context.redirect("/mailbox"));
  app.get("/mailbox", (context) => {
    const to = context.req.query("to") ?? "";
    return mailboxPage({ emails: find(to, false), to, appUrl });
  });
  app.get("/mailbox.json", (context) => {
    const emails = find(context.req.query("to") ?? "", true).map(toEntry);
    return context.json({ emails });
  });
  app.get("/mailbox/:id", (context) => {
    const stored = mailroom.find(context.req.param("id"));
    if (!stored) return unknownMessagePage(appUrl);
    const view = viewOf(context.req.query("view"), stored);
    return messagePage({ stored, view, deliveries: deliverer.list(), appUrl });
  });
  app.get("/mailbox/:id/html", (context) => {
    const stored = mailroom.find(context.req.param("id"));
    return stored ? messageHtml(stored) : unknownMessagePage(appUrl);
  });
  app.post("/mailbox/:id/events", async (context) => {
    const id = context.req.param("id");
    const { type } = await context.req.parseBody();
    if (!mailroom.find(id)) return unknownMessagePage(appUrl);
    if (!isEventType(type))
      return context.json({ error: `type: one of ${EMAIL_EVENT_TYPES.join(", ")}` }, 400);
    mailroom.record(id, type);
    return context.redirect(`/mailbox/${id}#events`, 303);
  });
  app.post("/mailbox/:id/redeliver", async (context) => {
    const id = context.req.param("id");
    const { webhook } = await context.req.parseBody();
    const event = mailroom.find(id)?.events.find(({ webhookId }) => webhookId === webhook);
    if (!event) return unknownMessagePage(appUrl);
    deliverer.redeliver(event.webhookId);
    return context.redirect(`/mailbox/${id}#events`, 303);
  });
  app.get("/favicon.ico", (context) => context.body(null, 204));
  app.notFound(() => unknownMessagePage(appUrl));
  return app;
}

function viewOf(asked: string | undefined, { email }: StoredEmail): MessageView {
  if (asked === "text" || asked === "details") return asked;
  return email.html === null ? "text" : "html";
}

function isEventType(value: unknown): value is EmailEventType {
  return EMAIL_EVENT_TYPES.some((type) => type === value);
}

function toEntry({ email, idempotencyKey }: StoredEmail): MailboxEntry {
  return {
    id: email.id,
    from: email.from,
    to: email.to,
    subject: email.subject,
    html: email.html,
    text: email.text,
    tags: Object.fromEntries((email.tags ?? []).map(({ name, value }) => [name, value])),
    idempotency_key: idempotencyKey,
    last_event: email.last_event,
    created_at: email.created_at,
  };
}
