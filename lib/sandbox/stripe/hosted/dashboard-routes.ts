/** `/` and `/events`: what a person sees of the account. */
import type { Context, Hono } from "hono";
import { html } from "hono/html";
import type { DeliveryRecord, WebhookDeliverer } from "@/lib/sandbox/kernel/types";
import { badge, type Markup, page, type Tone, timestamp } from "@/lib/sandbox/ui/page";
import { formatDate, formatPrice } from "../domain/money";
import { productName } from "../domain/proration";
import type { Webhooks } from "../webhooks";
import type { Customer, EventEnvelope, Subscription } from "../wire";
import type { World } from "../world";
import { PRODUCT, plainPage } from "./checkout-page";
import { NAVIGATION } from "./navigation";
import { subscriptionBadge } from "./portal-pages";

const ROWS = 20;
const EVENT_ROWS = 50;

export function registerDashboard(app: Hono, world: World, webhooks: Webhooks, settle: () => void): void {
  const { deliverer } = webhooks;
  app.get("/", async (): Promise<Response> => {
    settle();
    const events = world.list("events").toReversed();
    const body = html`<h1>Payments sandbox</h1>
<p class="muted">What the app has asked for, and what people did on the hosted pages.</p>
${subscriptionTable(world, world.list("subscriptions").toReversed())}
${customerTable(world.list("customers").toReversed())}
${eventTable(events.slice(0, 10), deliverer.list(), "Latest events")}
<p><a href="/events">All events</a></p>`;
    return page({ title: "Payments", product: PRODUCT, body, navigation: NAVIGATION, active: "overview" });
  });

  app.get("/events", async (context): Promise<Response> => {
    settle();
    return eventsPage(world, deliverer, context);
  });

  app.get("/events/:id", async (context): Promise<Response> => {
    const event = world.get("events", context.req.param("id"));
    if (!event)
      return plainPage(
        "There is no such event",
        "The link is wrong, or the sandbox was reset since.",
        null,
        404,
      );
    return eventPage(event, deliverer);
  });

  app.post("/events/:id/redeliver", async (context): Promise<Response> => {
    const event = world.get("events", context.req.param("id"));
    if (!event) return plainPage("There is no such event", "Nothing was sent.", null, 404);
    webhooks.redeliver([event]);
    return context.redirect(`/events/${event.id}`, 303);
  });
}

function eventsPage(world: World, deliverer: WebhookDeliverer, context: Context): Promise<Response> {
  const request = context.req.query("request");
  const before = context.req.query("before");
  const all = world
    .list("events")
    .toReversed()
    .filter((event) => !request || event.request.id === request);
  const from = before ? all.findIndex((event) => event.id === before) + 1 : 0;
  const shown = all.slice(from, from + EVENT_ROWS);
  const last = shown.at(-1);
  const hasMore = from + EVENT_ROWS < all.length;
  const body = html`<h1>Events</h1>
<p class="muted">${request ? `Those that the call ${request} caused.` : "Every change of an object, newest first, and whether the app has taken it."}</p>
${eventTable(shown, deliverer.list(), "Events")}
${hasMore && last ? html`<p><a href="/events?before=${last.id}">Older events</a></p>` : ""}`;
  return page({ title: "Events", product: PRODUCT, body, navigation: NAVIGATION, active: "events" });
}

function eventPage(event: EventEnvelope, deliverer: WebhookDeliverer): Promise<Response> {
  const deliveries = deliverer.list().filter((delivery) => delivery.id === event.id);
  const body = html`<div class="row"><h1>${event.type}</h1>
<form method="post" action="/events/${event.id}/redeliver"><button type="submit">Redeliver</button></form></div>
<p class="muted mono">${event.id}</p>
<h2>Deliveries</h2>
${
  deliveries.length === 0
    ? html`<p class="muted">No endpoint wanted this event, or its delivery is long past.</p>`
    : deliveries.map(
        (delivery) => html`<div class="card"><dl class="facts">
<dt>To</dt><dd class="mono">${delivery.url}</dd>
<dt>State</dt><dd>${deliveryBadge(delivery)}</dd>
<dt>Attempts</dt><dd>${delivery.attempts}</dd>
<dt>Last answer</dt><dd>${delivery.lastStatus ?? delivery.lastError ?? "none yet"}</dd>
${delivery.state === "pending" ? html`<dt>Next attempt</dt><dd>${timestamp(delivery.nextAttemptAt)}</dd>` : ""}
</dl></div>`,
      )
}
<h2>What was sent</h2>
<pre tabindex="0" aria-label="The event as JSON">${JSON.stringify(event, null, 2)}</pre>`;
  return page({ title: event.type, product: PRODUCT, body, navigation: NAVIGATION, active: "events" });
}

function deliveryBadge(delivery: DeliveryRecord | undefined): Markup {
  if (!delivery) return badge("neutral", "not sent");
  const tones: Record<DeliveryRecord["state"], Tone> = {
    delivered: "good",
    pending: "warning",
    failed: "bad",
  };
  return badge(tones[delivery.state], delivery.state);
}

function eventTable(
  events: readonly EventEnvelope[],
  deliveries: readonly DeliveryRecord[],
  caption: string,
): Markup {
  if (events.length === 0)
    return html`<div class="card empty"><h2>No events yet</h2><p>They appear as soon as the app does something.</p></div>`;
  const byEvent = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  return html`<div class="table-wrap"><table class="stacks">
<caption>${caption}</caption>
<thead><tr><th scope="col">When</th><th scope="col">Type</th><th scope="col">Object</th><th scope="col">Delivery</th><th scope="col">Again</th></tr></thead>
<tbody>${events.map((event) => {
    const { object } = event.data;
    return html`<tr>
<td class="nowrap">${timestamp(event.created * 1000)}</td>
<td><a href="/events/${event.id}">${event.type}</a></td>
<td class="mono">${"id" in object ? String(object.id) : ""}</td>
<td>${deliveryBadge(byEvent.get(event.id))}</td>
<td><form method="post" action="/events/${event.id}/redeliver"><button class="link" type="submit" aria-label="Redeliver ${event.type} ${event.id}">Redeliver</button></form></td>
</tr>`;
  })}</tbody></table></div>`;
}

function customerTable(customers: readonly Customer[]): Markup {
  if (customers.length === 0) return html``;
  return html`<div class="table-wrap"><table class="stacks">
<caption>Customers (${customers.length})</caption>
<thead><tr><th scope="col">E-mail</th><th scope="col">Name</th><th scope="col">Id</th><th scope="col">Since</th></tr></thead>
<tbody>${customers.slice(0, ROWS).map(
    (
      customer,
    ) => html`<tr><td>${customer.email ?? "–"}</td><td>${customer.name ?? "–"}</td><td class="mono">${customer.id}</td>
<td class="nowrap">${formatDate(customer.created)}</td></tr>`,
  )}</tbody></table></div>`;
}

function subscriptionTable(world: World, subscriptions: readonly Subscription[]): Markup {
  if (subscriptions.length === 0) {
    return html`<div class="card empty"><h2>No subscriptions yet</h2><p>Choose a plan in the app and pay with a test card.</p></div>`;
  }
  return html`<div class="table-wrap"><table class="stacks">
<caption>Subscriptions (${subscriptions.length})</caption>
<thead><tr><th scope="col">Plan</th><th scope="col">Status</th><th scope="col">Customer</th><th scope="col">Period ends</th><th scope="col">Id</th></tr></thead>
<tbody>${subscriptions.slice(0, ROWS).map((subscription) => {
    const item = subscription.items.data[0];
    const customer = world.get("customers", subscription.customer);
    return html`<tr><td>${item ? `${productName(world, item.price)}, ${formatPrice(item.price)}` : ""}</td>
<td>${subscriptionBadge(subscription.status)} ${subscription.cancel_at_period_end ? badge("warning", "ends with the period") : ""}</td>
<td>${customer?.email ?? subscription.customer}</td>
<td class="nowrap">${item ? formatDate(item.current_period_end) : ""}</td>
<td class="mono">${subscription.id}</td></tr>`;
  })}</tbody></table></div>`;
}
