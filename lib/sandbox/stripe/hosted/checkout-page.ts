/** What the hosted checkout shows. */
import { html, raw } from "hono/html";
import { type Markup, notice, page } from "@/lib/sandbox/ui/page";
import { successUrlOf } from "../domain/checkout";
import { formatMoney, formatPrice } from "../domain/money";
import type { CheckoutRecord } from "../tables";
import type { CheckoutSession, LineItem } from "../wire";
import {
  CARD_FORM_STYLES,
  type CardFormErrors,
  type CardFormValues,
  cardFields,
  FILL_CARD_SCRIPT,
  testCardButtons,
} from "./card-form";

export const PRODUCT = "Payments — no real money";

export interface CheckoutView {
  session: CheckoutSession;
  record: CheckoutRecord;
  /** Minor units. */
  dueToday: number;
  values: CardFormValues;
  errors: CardFormErrors;
  /** Why the card was not charged. */
  problem: string | null;
  status?: number;
}

export function checkoutPage(view: CheckoutView): Promise<Response> {
  const { session, record } = view;
  const trialDays = record.subscriptionData.trialPeriodDays;
  const due = formatMoney(view.dueToday, session.currency ?? "usd");
  const body = html`${raw(CARD_FORM_STYLES)}
<h1>Subscribe to ${nameOf(record.lineItems)}</h1>
<p><span class="amount">${due}</span> <span class="muted">due today</span></p>
${view.problem ? notice("bad", view.problem) : ""}
<form class="columns" method="post" action="/pay/${session.id}" novalidate data-card-form>
<div class="card">
<h2>Card</h2>
${cardFields(view.values, view.errors)}
<button class="primary block" type="submit">${trialDays ? "Start trial" : `Pay ${due}`}</button>
${session.cancel_url ? html`<p class="small below"><a href="${session.cancel_url}">Cancel and go back</a></p>` : ""}
</div>
<div>
<section class="card" aria-labelledby="summary">
<h2 id="summary">Order summary</h2>
${summary(record.lineItems)}
${trialDays ? html`<p class="small muted">Free for ${trialDays} days, then charged.</p>` : ""}
</section>
<section class="card" aria-label="Test cards and accounts">${testCardButtons()}</section>
</div>
</form>`;
  return page({
    title: "Checkout",
    product: PRODUCT,
    body,
    script: FILL_CARD_SCRIPT,
    status: view.status ?? 200,
    formTargets: targetsOf(session),
  });
}

function summary(items: readonly LineItem[]): Markup {
  return html`<dl class="facts">${items.map(
    (item) => html`<dt>${item.quantity} × ${item.description ?? ""}</dt>
<dd>${item.price ? formatPrice(item.price) : formatMoney(item.amount_total, item.currency)}</dd>`,
  )}</dl>`;
}

function nameOf(items: readonly LineItem[]): string {
  return items.map((item) => item.description ?? "").join(", ");
}

/** Where a paid form leads to: the page's policy has to allow the redirect. */
function targetsOf(session: CheckoutSession): string[] {
  const url = successUrlOf(session);
  return url && URL.canParse(url) ? [new URL(url).origin] : [];
}

/** The bank's page, as far as a sandbox has one. */
export function authenticationPage(
  action: string,
  back: string | null,
  formTargets: string[],
): Promise<Response> {
  const body = html`<div class="card">
<h1>Is this you?</h1>
<p>A bank would now ask you to confirm this payment (3-D Secure). Choose how that ends.</p>
<form method="post" action="${action}" class="stack">
<button class="primary block" type="submit" name="result" value="complete">Complete authentication</button>
<button class="danger block" type="submit" name="result" value="fail">Fail authentication</button>
</form>
</div>
${back ? html`<p class="small"><a href="${back}">Back to the card form</a></p>` : ""}`;
  return page({ title: "3-D Secure", product: PRODUCT, body, width: "narrow", formTargets });
}

export function checkoutAuthenticationPage(session: CheckoutSession): Promise<Response> {
  return authenticationPage(`/pay/${session.id}/3ds`, `/pay/${session.id}`, targetsOf(session));
}

/** A page that only says something. */
export function plainPage(
  title: string,
  message: string,
  link: { href: string; label: string } | null,
  status = 200,
): Promise<Response> {
  const body = html`<div class="card">
<h1>${title}</h1>
<p>${message}</p>
${link ? html`<p><a class="button primary" href="${link.href}">${link.label}</a></p>` : ""}
</div>`;
  return page({ title, product: PRODUCT, body, width: "narrow", status });
}
