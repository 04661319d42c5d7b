import { markUncollectible, voidInvoice } from "../domain/invoices";
import { cardError, findOrCreateMethod } from "../domain/payments";
import { previewNew, previewSubscription } from "../domain/preview-invoice";
import { collectCycle, collectInvoice, defaultMethodOf, followInvoice } from "../domain/subscriptions";
import { ApiError, invalidRequest, missingParam } from "../http/api-error";
import { findByParam, findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata, type Params } from "../http/params";
import type { Api } from "../http/router";
import type { Invoice } from "../wire";
import type { World } from "../world";
import { readItemChanges, readNewItems } from "./subscription-params";

const STATUSES = ["draft", "open", "paid", "uncollectible", "void"] as const;

export function registerInvoices(api: Api, world: World): void {
  api.get("/v1/invoices", ({ params }) => listInvoices(world, params));
  api.post("/v1/invoices/create_preview", ({ params }) => createPreview(world, params));

  api.get("/v1/invoices/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "invoices", path("id"));
  });

  api.post("/v1/invoices/:id", ({ params, path }) => {
    const invoice = findByPath(world, "invoices", path("id"));
    const metadata = mergeMetadata(invoice.metadata, params.metadata());
    const description = params.nullableString("description");
    params.ignore("auto_advance");
    params.finish();
    const changes = { metadata, description: description === undefined ? invoice.description : description };
    return world.change("invoices", invoice.id, changes, "invoice.updated");
  });

  api.get("/v1/invoices/:id/lines", ({ params, path }) => {
    const invoice = findByPath(world, "invoices", path("id"));
    const page = readPage(params);
    params.finish();
    return paginate(invoice.lines.data.toReversed(), page, invoice.lines.url, "line item");
  });

  api.post("/v1/invoices/:id/pay", ({ params, path }) =>
    pay(world, findByPath(world, "invoices", path("id")), params),
  );

  registerInvoiceSteps(api, world);
  registerInvoiceParts(api, world);
}

function registerInvoiceSteps(api: Api, world: World): void {
  api.post("/v1/invoices/:id/finalize", ({ params, path }) => {
    const invoice = findByPath(world, "invoices", path("id"));
    params.ignore("auto_advance");
    params.finish();
    if (invoice.status !== "draft") {
      throw invalidRequest(`This invoice is already finalized, you can't re-finalize a non-draft invoice.`);
    }
    const final = collectCycle(world, invoice.id);
    const problem = final.last_finalization_error;
    if (final.status === "draft" && problem) throw invalidRequest(problem.message ?? "", problem.code);
    return final;
  });

  api.post("/v1/invoices/:id/mark_uncollectible", ({ params, path }) => {
    const invoice = findByPath(world, "invoices", path("id"));
    params.finish();
    if (invoice.status !== "open") throw wrongStatus(invoice, "mark as uncollectible");
    const marked = markUncollectible(world, invoice.id);
    followIfSubscribed(world, marked);
    return marked;
  });

  api.post("/v1/invoices/:id/void", ({ params, path }) => {
    const invoice = findByPath(world, "invoices", path("id"));
    params.finish();
    if (invoice.status !== "open" && invoice.status !== "uncollectible") throw wrongStatus(invoice, "void");
    const voided = voidInvoice(world, invoice.id);
    followIfSubscribed(world, voided);
    return voided;
  });
}

function followIfSubscribed(world: World, invoice: Invoice): void {
  if (invoice.parent?.subscription_details) followInvoice(world, invoice);
}

function registerInvoiceParts(api: Api, world: World): void {
  api.get("/v1/invoice_payments", ({ params }) => {
    const page = readPage(params);
    const invoice = params.string("invoice");
    const status = params.oneOf("status", ["canceled", "open", "paid"]);
    const payment = params.object("payment");
    payment?.oneOf("type", ["payment_intent"]);
    const intent = payment?.string("payment_intent");
    params.timeRange("created");
    params.finish();
    const rows = world.list("invoice_payments").filter((row) => {
      if (invoice !== undefined && row.invoice !== invoice) return false;
      if (intent !== undefined && row.payment.payment_intent !== intent) return false;
      return status === undefined || row.status === status;
    });
    return paginate(rows, page, "/v1/invoice_payments", "invoice_payment");
  });

  api.get("/v1/invoice_payments/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "invoice_payments", path("id"));
  });

  api.get("/v1/invoiceitems", ({ params }) => {
    const page = readPage(params);
    const customer = params.string("customer");
    const invoice = params.string("invoice");
    const pending = params.boolean("pending");
    params.timeRange("created");
    params.finish();
    const rows = world.list("invoice_items").filter((item) => {
      if (customer !== undefined && item.customer !== customer) return false;
      if (invoice !== undefined && item.invoice !== invoice) return false;
      return pending === undefined || pending === (item.invoice === null);
    });
    return paginate(rows, page, "/v1/invoiceitems", "invoiceitem");
  });

  api.get("/v1/invoiceitems/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "invoice_items", path("id"));
  });
}

function listInvoices(world: World, params: Params): object {
  const page = readPage(params);
  const customer = params.string("customer");
  const subscription = params.string("subscription");
  const status = params.oneOf("status", STATUSES);
  const created = params.timeRange("created");
  params.oneOf("collection_method", ["charge_automatically", "send_invoice"]);
  params.timeRange("due_date");
  params.finish();
  const rows = world.list("invoices").filter((invoice) => {
    if (customer !== undefined && invoice.customer !== customer) return false;
    if (status !== undefined && invoice.status !== status) return false;
    if (subscription !== undefined && invoice.parent?.subscription_details?.subscription !== subscription)
      return false;
    return invoice.created >= created.from && invoice.created <= created.to;
  });
  return paginate(rows, page, "/v1/invoices", "invoice");
}

/** @throws ApiError 402 when the card is declined, 400 when the invoice is not open */
function pay(world: World, invoice: Invoice, params: Params): Invoice {
  const wanted = params.string("payment_method");
  params.ignore("off_session", "forgive", "mandate");
  params.finish();
  if (invoice.status === "paid") throw invalidRequest("Invoice is already paid", "invoice_already_paid");
  if (invoice.status !== "open" && invoice.status !== "uncollectible") throw wrongStatus(invoice, "pay");
  const subscription = world.need("subscriptions", invoice.parent?.subscription_details?.subscription ?? "");
  const method = wanted
    ? findOrCreateMethod(world, wanted, "payment_method").id
    : defaultMethodOf(world, subscription);
  if (!method) {
    const message =
      "There is no `default_payment_method` set on this Customer or Invoice. Please provide one to pay.";
    throw invalidRequest(message, "missing");
  }
  const outcome = collectInvoice(world, invoice.id, method);
  if (outcome.kind === "declined") throw cardError(outcome.decline);
  if (outcome.kind === "requires_action") {
    const message =
      "Payment for this invoice requires additional user action before it can be completed successfully.";
    throw new ApiError(402, { type: "card_error", code: "invoice_payment_intent_requires_action", message });
  }
  return world.need("invoices", invoice.id);
}

function wrongStatus(invoice: Invoice, verb: string): ApiError {
  return invalidRequest(`You can only ${verb} invoices that are open; this one is ${invoice.status}.`);
}

function createPreview(world: World, params: Params): Invoice {
  const id = params.string("subscription");
  const customerId = params.string("customer");
  const details = params.object("subscription_details");
  params.ignore("automatic_tax", "currency", "customer_details", "preview_mode");
  details?.ignore(
    "billing_cycle_anchor",
    "cancel_now",
    "cancel_at_period_end",
    "metadata",
    "trial_end",
    "start_date",
  );
  if (id === undefined) {
    if (customerId === undefined) throw missingParam("customer");
    const customer = findByParam(world, "customers", customerId, "customer");
    if (!details) throw invalidRequest("No upcoming invoices for customer", "invoice_upcoming_none");
    const items = readNewItems(world, details);
    details.ignore("proration_behavior", "proration_date");
    params.finish();
    return previewNew(world, customer, items, world.nowFor(customer.id));
  }
  const subscription = findByParam(world, "subscriptions", id, "subscription");
  const behaviors = ["create_prorations", "always_invoice", "none"] as const;
  const items = details ? readItemChanges(world, details, subscription) : [];
  const prorationBehavior = details?.oneOf("proration_behavior", behaviors) ?? "create_prorations";
  const at = details?.integer("proration_date") ?? world.nowFor(subscription.customer);
  params.finish();
  const isRunning = ["active", "trialing", "past_due"].includes(subscription.status);
  const hasNext = isRunning && !(subscription.cancel_at_period_end && items.length === 0);
  if (!hasNext)
    throw invalidRequest("No upcoming invoices for customer", "invoice_upcoming_none", undefined, 404);
  return previewSubscription(world, subscription, { items, prorationBehavior, at });
}
