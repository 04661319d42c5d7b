/** What the billing portal shows. */
import { html, raw } from "hono/html";
import { badge, type Markup, notice, page, type Tone } from "@/lib/sandbox/ui/page";
import { brandName } from "../domain/cards";
import { formatDate, formatMoney, formatPrice } from "../domain/money";
import { costsNow, offeredPrices } from "../domain/portal";
import { productName } from "../domain/proration";
import { defaultMethodOf } from "../domain/subscriptions";
import type { Invoice, PortalConfiguration, PortalSession, Price, Subscription } from "../wire";
import type { World } from "../world";
import {
  CARD_FORM_STYLES,
  type CardFormErrors,
  type CardFormValues,
  cardFields,
  FILL_CARD_SCRIPT,
  testCardButtons,
} from "./card-form";
import { PRODUCT } from "./checkout-page";

export interface PortalView {
  world: World;
  session: PortalSession;
  configuration: PortalConfiguration;
  subscription: Subscription | undefined;
  problem?: string | null;
}

function portalPage(
  view: PortalView,
  title: string,
  body: Markup,
  script?: string,
  status = 200,
): Promise<Response> {
  const { session } = view;
  const targets = [session.return_url, session.flow?.after_completion.redirect?.return_url ?? null].flatMap(
    (url) => (url && URL.canParse(url) ? [new URL(url).origin] : []),
  );
  return page({ title, product: PRODUCT, body, script, status, formTargets: targets });
}

export function portalHome(view: PortalView, done: string | null): Promise<Response> {
  const { session, world } = view;
  const { invoice_history, payment_method_update } = view.configuration.features;
  const body = html`<style>.flush > * { margin: 0; } .flush + p { margin-top: 12px; }</style>
<h1>Billing</h1>
${done ? notice("good", done) : ""}
${view.problem ? notice("bad", view.problem) : ""}
<section class="card" aria-labelledby="plan">${planSection(view)}</section>
${
  payment_method_update.enabled
    ? html`<section class="card" aria-labelledby="method">
<h2 id="method">Card</h2>
<div class="row flush"><p>${cardLine(view)}</p>
<a class="button" href="/portal/${session.id}/card">Change card</a></div>
</section>`
    : ""
}
${invoice_history.enabled ? invoiceTable(invoicesOf(world, session.customer)) : ""}
${session.return_url ? html`<p><a href="${session.return_url}">Back to the app</a></p>` : ""}`;
  return portalPage(view, "Billing", body);
}

function planSection({ world, session, configuration, subscription }: PortalView): Markup {
  const item = subscription?.items.data[0];
  if (!subscription || !item) return html`<h2 id="plan">Plan</h2><p>There is no plan at the moment.</p>`;
  const { subscription_cancel, subscription_update } = configuration.features;
  const ends = subscription.cancel_at_period_end;
  const until = formatDate(item.current_period_end);
  return html`<div class="row flush">
<h2 id="plan">Plan</h2>
${ends ? badge("warning", `Ends ${until}`) : subscriptionBadge(subscription.status)}
</div>
<p><strong>${productName(world, item.price)}</strong> <span class="muted">${formatPrice(item.price)}</span></p>
<p class="muted">${ends ? `Yours until ${until}; nothing more is charged.` : `Next charge on ${until}.`}</p>
<div class="actions">
${subscription_update.enabled ? html`<a class="button" href="/portal/${session.id}/plan">Switch plan</a>` : ""}
${
  ends
    ? html`<form method="post" action="/portal/${session.id}/resume"><button class="primary" type="submit">Resume plan</button></form>`
    : subscription_cancel.enabled
      ? html`<a class="button danger" href="/portal/${session.id}/cancel">Cancel plan</a>`
      : ""
}
</div>`;
}

export function subscriptionBadge(status: string): Markup {
  const tones: Record<string, Tone> = {
    active: "good",
    trialing: "info",
    past_due: "bad",
    unpaid: "bad",
    incomplete: "warning",
  };
  return badge(tones[status] ?? "neutral", status.replaceAll("_", " "));
}

function cardLine({ world, session, subscription }: PortalView): string {
  const customer = world.get("customers", session.customer);
  const id = subscription
    ? defaultMethodOf(world, subscription)
    : (customer?.invoice_settings.default_payment_method ?? null);
  const card = id ? world.get("payment_methods", id)?.card : undefined;
  if (!card) return "No card yet.";
  return `${brandName(card.brand)} ending in ${card.last4}, expires ${String(card.exp_month).padStart(2, "0")}/${card.exp_year}`;
}

function invoicesOf(world: World, customer: string): Invoice[] {
  return world
    .list("invoices")
    .filter((invoice) => invoice.customer === customer && invoice.status !== "draft")
    .toReversed();
}

export function invoiceBadge(status: string | null): Markup {
  const tones: Record<string, Tone> = {
    paid: "good",
    open: "warning",
    void: "neutral",
    uncollectible: "bad",
  };
  return badge(tones[status ?? ""] ?? "neutral", status ?? "draft");
}

function invoiceTable(invoices: readonly Invoice[]): Markup {
  if (invoices.length === 0) return html`<h2>Invoices</h2><p class="muted">No invoices yet.</p>`;
  return html`<div class="table-wrap"><table class="stacks">
<caption>Invoices</caption>
<thead><tr><th scope="col">Date</th><th scope="col">Number</th><th scope="col" class="number">Amount</th><th scope="col">Status</th><th scope="col">Look at it</th></tr></thead>
<tbody>${invoices.map(
    (invoice) => html`<tr>
<td class="nowrap">${formatDate(invoice.created)}</td>
<td>${invoice.number}</td>
<td class="number">${formatMoney(invoice.total, invoice.currency)}</td>
<td>${invoiceBadge(invoice.status)}</td>
<td><a href="/invoice/${invoice.id}" aria-label="View invoice ${invoice.number}">View</a> · <a href="/invoice/${invoice.id}/pdf" aria-label="PDF of invoice ${invoice.number}">PDF</a></td>
</tr>`,
  )}</tbody>
</table></div>`;
}

export function planPage(
  view: PortalView,
  subscription: Subscription,
  chosen: string | null,
): Promise<Response> {
  const { world, session, configuration } = view;
  const current = subscription.items.data[0]?.price;
  const prices = offeredPrices(world, configuration, subscription);
  const now = world.nowFor(session.customer);
  const body = html`<h1>Switch plan</h1>
${view.problem ? notice("bad", view.problem) : ""}
${current ? html`<p>Now: <strong>${productName(world, current)}</strong> <span class="muted">${formatPrice(current)}</span></p>` : ""}
${
  prices.length === 0
    ? html`<p>There is no other plan to switch to.</p>`
    : html`<form method="post" action="/portal/${session.id}/plan" class="card">
<fieldset><legend>New plan</legend>
${prices.map((price, index) => planChoice(world, subscription, price, now, price.id === chosen || (!chosen && index === 0)))}
</fieldset>
<button class="primary" type="submit">Switch plan</button>
</form>`
}
<p><a href="/portal/${session.id}?home=1">Keep the current plan</a></p>`;
  return portalPage(view, "Switch plan", body, undefined, view.problem ? 402 : 200);
}

function planChoice(
  world: World,
  subscription: Subscription,
  price: Price,
  now: number,
  checked: boolean,
): Markup {
  const cost = costsNow(world, subscription, price, now);
  const due =
    cost > 0
      ? `${formatMoney(cost, price.currency)} due now`
      : `${formatMoney(-cost, price.currency)} credited to your next invoices`;
  return html`<label class="choice">
<input type="radio" name="price" value="${price.id}" ${checked ? raw("checked") : ""}>
<span><strong>${productName(world, price)}</strong> ${formatPrice(price)}<br><span class="small muted">${cost === 0 ? "Nothing due now" : due}</span></span>
</label>`;
}

export function cancelPage(view: PortalView, subscription: Subscription): Promise<Response> {
  const until = formatDate(subscription.items.data[0]?.current_period_end ?? 0);
  const atOnce = view.configuration.features.subscription_cancel.mode === "immediately";
  const body = html`<h1>Cancel plan</h1>
<div class="card">
<p>${atOnce ? "The plan ends at once." : `The plan stays yours until ${until}, then ends. You can resume it until then.`}</p>
<div class="actions">
<form method="post" action="/portal/${view.session.id}/cancel"><button class="danger" type="submit">Cancel plan</button></form>
<a class="button" href="/portal/${view.session.id}?home=1">Keep plan</a>
</div>
</div>`;
  return portalPage(view, "Cancel plan", body);
}

export function cardPage(
  view: PortalView,
  values: CardFormValues,
  errors: CardFormErrors,
  status: number,
): Promise<Response> {
  const { session } = view;
  const body = html`${raw(CARD_FORM_STYLES)}
<h1>Change card</h1>
${view.problem ? notice("bad", view.problem) : ""}
<form class="columns" method="post" action="/portal/${session.id}/card" novalidate data-card-form>
<div class="card">
<h2>New card</h2>
${cardFields(values, errors)}
<button class="primary block" type="submit">Save card</button>
<p class="small below"><a href="/portal/${session.id}?home=1">Keep the current card</a></p>
</div>
<section class="card" aria-label="Test cards">${testCardButtons()}</section>
</form>`;
  return portalPage(view, "Change card", body, FILL_CARD_SCRIPT, status);
}
