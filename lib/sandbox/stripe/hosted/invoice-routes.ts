/** `/invoice/<id>`: the hosted invoice, its PDF, and paying it when it is open. */
import type { Context, Hono } from "hono";
import { html, raw } from "hono/html";
import { type Markup, notice, page } from "@/lib/sandbox/ui/page";
import { paymentOf } from "../domain/invoices";
import { formatDate, formatMoney } from "../domain/money";
import { attachDeclineOf, attachMethod, createCard, failAuthentication } from "../domain/payments";
import { collectInvoice } from "../domain/subscriptions";
import type { Invoice, PaymentIntent } from "../wire";
import type { World } from "../world";
import {
  CARD_FORM_STYLES,
  type CardFormErrors,
  type CardFormValues,
  cardFields,
  FILL_CARD_SCRIPT,
  readCardForm,
  testCardButtons,
} from "./card-form";
import { authenticationPage, PRODUCT, plainPage } from "./checkout-page";
import { makeTextPdf } from "./invoice-pdf";
import { invoiceBadge } from "./portal-pages";

interface InvoiceView {
  invoice: Invoice;
  problem: string | null;
  values: CardFormValues;
  errors: CardFormErrors;
  status: number;
}

const EMPTY = {
  problem: null,
  values: { number: "", expiry: "", cvc: "", name: "" },
  errors: {},
  status: 200,
};

export function registerInvoicePages(app: Hono, world: World, settle: () => void): void {
  const find = (context: Context): Invoice | undefined => {
    settle();
    const invoice = world.get("invoices", context.req.param("id") ?? "");
    return invoice?.status === "draft" ? undefined : invoice;
  };
  const missing = () =>
    plainPage("There is no such invoice", "The link is wrong, or the sandbox was reset since.", null, 404);

  app.get("/invoice/:id", async (context): Promise<Response> => {
    const invoice = find(context);
    if (!invoice) return missing();
    const failed = context.req.query("authentication") === "failed";
    const problem = failed ? "We could not confirm that this card is yours, so nothing was charged." : null;
    return intentAwaiting(world, invoice)
      ? context.redirect(`/invoice/${invoice.id}/3ds`, 303)
      : invoicePage({ ...EMPTY, invoice, problem });
  });

  app.post("/invoice/:id", async (context): Promise<Response> => {
    const form = new URLSearchParams(await context.req.text());
    const invoice = find(context);
    if (!invoice) return missing();
    if (invoice.status !== "open") return context.redirect(`/invoice/${invoice.id}`, 303);
    const read = readCardForm(form, world.now() * 1000, false);
    if (!read.ok)
      return invoicePage({ ...EMPTY, invoice, values: read.values, errors: read.errors, status: 422 });
    const method = createCard(world, { ...read.payment, email: invoice.customer_email });
    const outcome = collectInvoice(world, invoice.id, method.id);
    if (outcome.kind === "requires_action") return context.redirect(`/invoice/${invoice.id}/3ds`, 303);
    if (outcome.kind !== "declined") {
      keepCard(world, invoice, method.id);
      return context.redirect(`/invoice/${invoice.id}`, 303);
    }
    const values = { ...EMPTY.values, name: read.payment.name };
    return invoicePage({ ...EMPTY, invoice, problem: outcome.decline.message, values, status: 402 });
  });

  app.get("/invoice/:id/3ds", async (context): Promise<Response> => {
    const invoice = find(context);
    if (!invoice || !intentAwaiting(world, invoice))
      return invoice ? context.redirect(`/invoice/${invoice.id}`, 303) : missing();
    return authenticationPage(`/invoice/${invoice.id}/3ds`, null, []);
  });

  app.post("/invoice/:id/3ds", async (context): Promise<Response> => {
    const form = new URLSearchParams(await context.req.text());
    const invoice = find(context);
    if (!invoice) return missing();
    const intent = intentAwaiting(world, invoice);
    if (!intent?.payment_method) return context.redirect(`/invoice/${invoice.id}`, 303);
    if (form.get("result") === "complete") {
      const outcome = collectInvoice(world, invoice.id, intent.payment_method, { authenticated: true });
      if (outcome.kind === "succeeded") keepCard(world, invoice, intent.payment_method);
      return context.redirect(`/invoice/${invoice.id}`, 303);
    }
    failAuthentication(world, intent.id);
    return context.redirect(`/invoice/${invoice.id}?authentication=failed`, 303);
  });

  app.get("/invoice/:id/pdf", async (context): Promise<Response> => {
    const invoice = find(context);
    if (!invoice) return missing();
    const pdf = new Uint8Array(makeTextPdf(pdfLines(invoice)));
    const disposition = `inline; filename="invoice-${invoice.number}.pdf"`;
    return new Response(pdf, {
      headers: { "content-type": "application/pdf", "content-disposition": disposition },
    });
  });

  app.get("/receipts/:intent", async (context): Promise<Response> => {
    settle();
    const intent = context.req.param("intent");
    const payment = world.list("invoice_payments").find((row) => row.payment.payment_intent === intent);
    return payment ? context.redirect(`/invoice/${payment.invoice}`, 303) : missing();
  });
}

/** The open invoice's PaymentIntent, when it waits for 3-D Secure. */
function intentAwaiting(world: World, invoice: Invoice): PaymentIntent | null {
  const id = invoice.status === "open" ? paymentOf(world, invoice.id)?.payment.payment_intent : undefined;
  const intent = id ? world.get("payment_intents", id) : undefined;
  return intent?.status === "requires_action" ? intent : null;
}

/** The card that paid an overdue invoice pays the next ones too. */
function keepCard(world: World, invoice: Invoice, method: string): void {
  if (attachDeclineOf(world, method)) return;
  attachMethod(world, method, invoice.customer);
  const subscription = invoice.parent?.subscription_details?.subscription;
  if (!subscription) return;
  world.change(
    "subscriptions",
    subscription,
    { default_payment_method: method },
    "customer.subscription.updated",
  );
}

function invoicePage(view: InvoiceView): Promise<Response> {
  const { invoice } = view;
  const due = formatMoney(invoice.amount_remaining, invoice.currency);
  const body = html`${raw(CARD_FORM_STYLES)}
<div class="row"><h1>Invoice ${invoice.number}</h1>${invoiceBadge(invoice.status)}</div>
<p><span class="amount">${formatMoney(invoice.amount_due, invoice.currency)}</span></p>
${view.problem ? notice("bad", view.problem) : ""}
<div class="card"><dl class="facts">
<dt>For</dt><dd>${invoice.customer_name ?? ""} ${invoice.customer_email ?? ""}</dd>
<dt>Date</dt><dd>${formatDate(invoice.created)}</dd>
${invoice.status_transitions.paid_at ? html`<dt>Paid</dt><dd>${formatDate(invoice.status_transitions.paid_at)}</dd>` : ""}
</dl></div>
${linesTable(invoice)}
<p><a href="/invoice/${invoice.id}/pdf">Download as PDF</a></p>
${
  invoice.status === "open"
    ? html`<form class="columns" method="post" action="/invoice/${invoice.id}" novalidate data-card-form>
<div class="card"><h2>Pay this invoice</h2>
${cardFields(view.values, view.errors)}
<button class="primary block" type="submit">Pay ${due}</button></div>
<section class="card" aria-label="Test cards">${testCardButtons()}</section>
</form>`
    : ""
}`;
  const script = invoice.status === "open" ? FILL_CARD_SCRIPT : undefined;
  return page({ title: `Invoice ${invoice.number}`, product: PRODUCT, body, script, status: view.status });
}

function linesTable(invoice: Invoice): Markup {
  const money = (amount: number) => formatMoney(amount, invoice.currency);
  const balance = invoice.starting_balance - (invoice.ending_balance ?? invoice.starting_balance);
  return html`<div class="table-wrap"><table>
<thead><tr><th scope="col">What</th><th scope="col" class="number">Amount</th></tr></thead>
<tbody>
${invoice.lines.data.map((line) => html`<tr><td>${line.description}</td><td class="number">${money(line.amount)}</td></tr>`)}
${balance === 0 ? "" : html`<tr><td>${balance < 0 ? "Credit used" : "Kept as credit"}</td><td class="number">${money(balance)}</td></tr>`}
<tr><th scope="row">Due</th><td class="number"><strong>${money(invoice.amount_due)}</strong></td></tr>
</tbody></table></div>`;
}

function pdfLines(invoice: Invoice): string[] {
  const money = (amount: number) => formatMoney(amount, invoice.currency);
  return [
    `Invoice ${invoice.number}`,
    "Sandbox: no real money. This is not a tax document.",
    `Date: ${formatDate(invoice.created)}`,
    `For: ${[invoice.customer_name, invoice.customer_email].filter(Boolean).join(", ")}`,
    "",
    ...invoice.lines.data.map(
      (line) => `${(line.description ?? "").replaceAll("×", "x")}   ${money(line.amount)}`,
    ),
    "",
    `Due: ${money(invoice.amount_due)}`,
    `Paid: ${money(invoice.amount_paid)}`,
  ];
}
