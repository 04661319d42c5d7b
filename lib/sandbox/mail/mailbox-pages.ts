/** The mailbox's pages. */
import { html } from "hono/html";
import type { DeliveryRecord } from "@/lib/sandbox/kernel/types";
import { badge, type Markup, type NavigationItem, page, type Tone, timestamp } from "@/lib/sandbox/ui/page";
import type { Mail, MailEvent, MailState, MailVendor } from "./mail";

export type MessageView = "html" | "text" | "details";

/** Longer lists are cut; the address filter reaches the rest. */
const MAXIMUM_LISTED = 200;

const VENDOR_NAME: Record<MailVendor, string> = { resend: "Resend", sendgrid: "SendGrid" };

function navigation(appUrl: string): NavigationItem[] {
  return [
    { key: "mailbox", label: "Mailbox", href: "/mailbox" },
    { key: "app", label: "Back to the app", href: appUrl },
  ];
}

export interface MailboxPageOptions {
  /** Newest first. */
  mails: Mail[];
  /** What the list is filtered by; empty for all. */
  to: string;
  appUrl: string;
}

export function mailboxPage({ mails, to, appUrl }: MailboxPageOptions): Promise<Response> {
  const listed = mails.slice(0, MAXIMUM_LISTED);
  const body = html`<h1>Mailbox</h1>
<p class="muted">Everything the app has sent. It stays on this machine, whoever it is addressed to.</p>
<form class="actions" method="get" action="/mailbox" role="search" style="margin-bottom:24px">
<label for="to" class="visually-hidden">Recipient's address</label>
<input id="to" name="to" type="search" value="${to}" placeholder="Recipient's address" style="max-width:320px">
<button type="submit">Filter</button>
${to === "" ? "" : html`<a href="/mailbox">Show all</a>`}
</form>
<p id="count" class="small muted" role="status">${countLabel(mails.length, listed.length)}</p>
<div id="messages">${
    listed.length === 0
      ? emptyMailbox(to)
      : html`<div class="table-wrap"><table class="stacks">
<caption class="visually-hidden">Messages, newest first</caption>
<thead><tr><th scope="col">Subject</th><th scope="col">To</th><th scope="col">State</th><th scope="col">Taken by</th><th scope="col">Time</th></tr></thead>
<tbody>${listed.map(messageRow)}</tbody></table></div>`
  }</div>`;
  return page({
    title: "Mailbox",
    product: "Mailbox",
    navigation: navigation(appUrl),
    active: "mailbox",
    body,
    script: REFRESH_SCRIPT,
  });
}

function countLabel(count: number, shown: number): string {
  if (count === 0) return "No messages";
  if (count > shown) return `The newest ${shown} of ${count} messages`;
  return count === 1 ? "1 message" : `${count} messages`;
}

function emptyMailbox(to: string): Markup {
  return html`<div class="card empty"><h2>${to === "" ? "No mail yet" : "No mail to that address"}</h2>
<p>${to === "" ? "Sign up in the app: its welcome appears here by itself." : "Try a part of it, or show all."}</p></div>`;
}

function messageRow(mail: Mail): Markup {
  return html`<tr><td><a href="/mailbox/${mail.id}">${mail.subject}</a></td><td>${mail.to.join(", ")}</td>
<td>${badge(toneOf(mail.state), labelOf(mail.state))}</td><td>${VENDOR_NAME[mail.vendor]}</td>
<td class="nowrap">${timestamp(mail.createdAt)}</td></tr>`;
}

/** Renews the list when something has arrived, unless the reader is in it with the keyboard. */
const REFRESH_SCRIPT = `
const list = document.getElementById("messages");
const count = document.getElementById("count");
setInterval(async () => {
  if (document.hidden || list.contains(document.activeElement)) return;
  const response = await fetch(location.href).catch(() => null);
  if (!response?.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const next = fresh.getElementById("messages");
  if (!next || next.innerHTML === list.innerHTML) return;
  list.replaceChildren(...next.childNodes);
  const label = fresh.getElementById("count").textContent;
  if (label !== count.textContent) count.textContent = label;
}, 2000);
`;

export interface MessagePageOptions {
  mail: Mail;
  view: MessageView;
  deliveries: DeliveryRecord[];
  appUrl: string;
}

export function messagePage({ mail, view, deliveries, appUrl }: MessagePageOptions): Promise<Response> {
  const tabs: { key: MessageView; label: string }[] = [
    ...(mail.html === null ? [] : [{ key: "html" as const, label: "HTML" }]),
    ...(mail.text === null ? [] : [{ key: "text" as const, label: "Text" }]),
    { key: "details", label: "Details" },
  ];
  const body = html`<p class="small"><a href="/mailbox">All messages</a></p>
<div class="row"><h1>${mail.subject}</h1>${badge(toneOf(mail.state), labelOf(mail.state))}</div>
<dl class="facts" style="margin:8px 0 24px"><dt>To</dt><dd>${mail.to.join(", ")}</dd><dt>From</dt><dd>${mail.from}</dd>
<dt>Time</dt><dd>${timestamp(mail.createdAt)}</dd><dt>Taken by</dt><dd>${VENDOR_NAME[mail.vendor]}</dd></dl>
<nav class="tabs" aria-label="Views of the message">${tabs.map(
    ({ key, label }) =>
      html`<a href="/mailbox/${mail.id}?view=${key}"${key === view ? html` aria-current="page"` : ""}>${label}</a>`,
  )}</nav>
${messageView(mail, view)}
${eventSection(mail, deliveries)}`;
  return page({
    title: mail.subject,
    product: "Mailbox",
    navigation: navigation(appUrl),
    active: "mailbox",
    body,
  });
}

function messageView(mail: Mail, view: MessageView): Markup {
  switch (view) {
    case "html":
      return html`<iframe class="mail-frame" title="The message as HTML" src="/mailbox/${mail.id}/html"
sandbox="${FRAME_SANDBOX}"></iframe>`;
    case "text":
      return html`<pre tabindex="0" aria-label="The message as text">${linkify(mail.text ?? "This message has no text part.")}</pre>`;
    case "details":
      return detailsView(mail);
  }
}

function detailsView(mail: Mail): Markup {
  const facts: [string, string][] = [
    ["Id", mail.id],
    ["Cc", mail.cc?.join(", ") ?? "none"],
    ["Bcc", mail.bcc?.join(", ") ?? "none"],
    ["Reply-To", mail.replyTo?.join(", ") ?? "none"],
    ["Idempotency key", mail.idempotencyKey ?? "none"],
    ["Tags", mail.tags.map(({ name, value }) => `${name}=${value}`).join(", ") || "none"],
    ["Attachments", mail.attachments.map(({ filename }) => filename).join(", ") || "none"],
    ...Object.entries(mail.headers).map(([name, value]): [string, string] => [name, value]),
  ];
  return html`<div class="card"><dl class="facts">${facts.map(
    ([name, value]) => html`<dt>${name}</dt><dd class="mono">${value}</dd>`,
  )}</dl></div>`;
}

/** What a person may let happen; sent it is already. */
const TRIGGERS: { state: MailState; label: string }[] = [
  { state: "delivered", label: "Delivered" },
  { state: "delivery_delayed", label: "Delayed" },
  { state: "bounced", label: "Bounced" },
  { state: "complained", label: "Complained" },
  { state: "suppressed", label: "Suppressed" },
  { state: "failed", label: "Failed" },
];

function eventSection({ id, events }: Mail, deliveries: DeliveryRecord[]): Markup {
  const byId = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  return html`<section id="events" aria-labelledby="events-title"><h2 id="events-title">What happened to it</h2>
<div class="table-wrap"><table class="stacks"><caption class="visually-hidden">Events and their webhooks</caption>
<thead><tr><th scope="col">Event</th><th scope="col">Time</th><th scope="col">Webhook to the app</th>
<th scope="col"><span class="visually-hidden">Action</span></th></tr></thead>
<tbody>${events.map((event) => eventRow(id, event, byId.get(event.webhookId)))}</tbody></table></div>
<h3>Let something happen</h3>
<p class="muted small">The app is told by a signed webhook, as it would be in production.</p>
<form method="post" action="/mailbox/${id}/events" class="actions">${TRIGGERS.map(
    ({ state, label }) => html`<button type="submit" name="state" value="${state}">${label}</button>`,
  )}</form></section>`;
}

function eventRow(mailId: string, event: MailEvent, delivery: DeliveryRecord | undefined): Markup {
  return html`<tr><td class="mono nowrap">${event.type}</td><td class="nowrap">${timestamp(event.at)}</td>
<td>${deliveryBadge(delivery)}</td>
<td class="nowrap">${
    delivery
      ? html`<form method="post" action="/mailbox/${mailId}/redeliver"><input type="hidden" name="webhook" value="${event.webhookId}">
<button type="submit" class="link small">Send again<span class="visually-hidden"> the webhook of ${event.type}</span></button></form>`
      : ""
  }</td></tr>`;
}

function deliveryBadge(delivery: DeliveryRecord | undefined): Markup {
  if (!delivery) return badge("neutral", "no longer recorded");
  const because = delivery.lastStatus === null ? delivery.lastError : `answered ${delivery.lastStatus}`;
  switch (delivery.state) {
    case "delivered":
      return html`${badge("good", "delivered")} <span class="small muted">${because ?? ""}</span>`;
    case "failed":
      return html`${badge("bad", "given up")} <span class="small muted">${because ?? ""}</span>`;
    case "pending":
      return html`${badge("warning", delivery.attempts === 0 ? "on its way" : `trying again, ${delivery.attempts} so far`)}
<span class="small muted">${because ?? ""}</span>`;
  }
}

/** Links work and open in the whole window; scripts and forms do not. */
const FRAME_SANDBOX = "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation";

/** The mail's own HTML for the frame: without scripts, and without fetching anything from elsewhere. */
export function messageHtml(mail: Mail): Response {
  return new Response(withTopTarget(mail.html ?? ""), {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; img-src data: http://localhost:* http://127.0.0.1:*; font-src data:; " +
        `frame-ancestors 'self'; sandbox ${FRAME_SANDBOX}`,
    },
  });
}

/** Put inside the head where there is one: anything before the doctype would change how the mail is laid out. */
function withTopTarget(source: string): string {
  const base = '<base target="_top">';
  const head =
    /<head(\s[^>]*)?>/i.exec(source) ?? /<html(\s[^>]*)?>/i.exec(source) ?? /<!doctype[^>]*>/i.exec(source);
  if (!head) return base + source;
  const end = head.index + head[0].length;
  return source.slice(0, end) + base + source.slice(end);
}

/** Every odd piece of a split by a capturing group is what the group matched: an address. */
function linkify(text: string): Markup[] {
  return text
    .split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/)
    .map((piece, index) => (index % 2 === 1 ? html`<a href="${piece}">${piece}</a>` : html`${piece}`));
}

export function unknownMessagePage(appUrl: string): Promise<Response> {
  const body = html`<div class="card empty"><h1>There is no such message</h1>
<p>The sandbox may have been reset since. <a href="/mailbox">Open the mailbox</a></p></div>`;
  return page({ title: "Not found", product: "Mailbox", navigation: navigation(appUrl), body, status: 404 });
}

function labelOf(state: Mail["state"]): string {
  return state === "delivery_delayed" ? "delayed" : state;
}

function toneOf(state: Mail["state"]): Tone {
  switch (state) {
    case "delivered":
      return "good";
    case "bounced":
    case "complained":
    case "failed":
      return "bad";
    case "suppressed":
    case "delivery_delayed":
      return "warning";
    case "queued":
    case "sent":
      return "neutral";
    default:
      return state satisfies never;
  }
}
