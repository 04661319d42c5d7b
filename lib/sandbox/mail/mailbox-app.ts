/**
 * The mailbox: what the app has sent, for people (pages) and tests (`/mailbox.json`). Not part of any vendor's API; each
 * mail vendor's port serves it, so that it can be read while the other one's is closed.
 */
import { Hono } from "hono";
import { addressOf } from "./address";
import { MAIL_STATES, type Mail, type MailState, type MailVendor } from "./mail";
import type { Mailbox } from "./mailbox";
import { type MessageView, mailboxPage, messageHtml, messagePage, unknownMessagePage } from "./mailbox-pages";

export interface MailboxDeps {
  mailbox: Mailbox;
  /** Linked from the bar. */
  appUrl: string;
}

export function isMailboxPath(path: string): boolean {
  return path === "/" || path === "/favicon.ico" || /^\/mailbox(\.json|\/|$)/.test(path);
}

/** A mail as `GET /mailbox.json?to=address` answers it, newest first. */
export interface MailboxEntry {
  id: string;
  /** Who took it. */
  provider: MailVendor;
  from: string;
  to: string[];
  subject: string;
  html: string | null;
  text: string | null;
  tags: Record<string, string>;
  categories: string[];
  headers: Record<string, string>;
  idempotency_key: string | null;
  last_event: string;
  /** ISO 8601. */
  created_at: string;
}

export function createMailboxApp({ mailbox, appUrl }: MailboxDeps): Hono {
  const app = new Hono();
  /** Mails to an address, or all; `to` may be a part of the address, or all of it where `isExact`. */
  const find = (to: string, isExact: boolean) => {
    const wanted = to.trim().toLowerCase();
    if (wanted === "") return mailbox.list();
    return mailbox.list().filter((mail) =>
      mail.to.some((recipient) => {
        const address = addressOf(recipient).toLowerCase();
        return isExact ? address === wanted : address.includes(wanted);
      }),
    );
  };

  app.get("/", (context) => context.redirect("/mailbox"));
  app.get("/mailbox", (context) => {
    const to = context.req.query("to") ?? "";
    return mailboxPage({ mails: find(to, false), to, appUrl });
  });
  app.get("/mailbox.json", (context) => {
    const emails = find(context.req.query("to") ?? "", true).map(toEntry);
    return context.json({ emails });
  });
  app.get("/mailbox/:id", (context) => {
    const found = mailbox.find(context.req.param("id"));
    if (!found) return unknownMessagePage(appUrl);
    const { mail, mailroom } = found;
    const view = viewOf(context.req.query("view"), mail);
    return messagePage({ mail, view, deliveries: mailroom.deliveries(), appUrl });
  });
  app.get("/mailbox/:id/html", (context) => {
    const found = mailbox.find(context.req.param("id"));
    return found ? messageHtml(found.mail) : unknownMessagePage(appUrl);
  });
  app.post("/mailbox/:id/events", async (context) => {
    const id = context.req.param("id");
    const { state } = await context.req.parseBody();
    const found = mailbox.find(id);
    if (!found) return unknownMessagePage(appUrl);
    if (!isMailState(state)) return context.json({ error: `state: one of ${MAIL_STATES.join(", ")}` }, 400);
    found.mailroom.record(id, state);
    return context.redirect(`/mailbox/${id}#events`, 303);
  });
  app.post("/mailbox/:id/redeliver", async (context) => {
    const id = context.req.param("id");
    const { webhook } = await context.req.parseBody();
    const found = mailbox.find(id);
    const event = found?.mail.events.find(({ webhookId }) => webhookId === webhook);
    if (!found || !event) return unknownMessagePage(appUrl);
    found.mailroom.redeliver(event.webhookId);
    return context.redirect(`/mailbox/${id}#events`, 303);
  });
  app.get("/favicon.ico", (context) => context.body(null, 204));
  app.notFound(() => unknownMessagePage(appUrl));
  return app;
}

function viewOf(asked: string | undefined, { html }: Mail): MessageView {
  if (asked === "text" || asked === "details") return asked;
  return html === null ? "text" : "html";
}

function isMailState(value: unknown): value is MailState {
  return MAIL_STATES.some((state) => state === value);
}

function toEntry(mail: Mail): MailboxEntry {
  return {
    id: mail.id,
    provider: mail.vendor,
    from: mail.from,
    to: mail.to,
    subject: mail.subject,
    html: mail.html,
    text: mail.text,
    tags: Object.fromEntries(mail.tags.map(({ name, value }) => [name, value])),
    categories: mail.categories,
    headers: mail.headers,
    idempotency_key: mail.idempotencyKey,
    last_event: mail.state,
    created_at: new Date(mail.createdAt).toISOString(),
  };
}
