/** The payments sandbox's API against the vendor's own client, unchanged but for its address. */
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Catalogue,
  createCatalogue,
  createCheckout,
  createSubscriber,
  type Harness,
  startHarness,
} from "./sandbox-stripe-harness";

let harness: Harness;
let stripe: Stripe;
let catalogue: Catalogue;

beforeAll(async () => {
  harness = await startHarness();
  stripe = harness.stripe;
  catalogue = await createCatalogue(stripe);
});

afterAll(() => harness.stop());

/** What a promise is rejected with. */
async function failureOf(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw new Error(`Expected a StripeError, got ${String(error)}`);
}

describe("customers, products and prices", () => {
  test("a customer is created, retrieved, updated, listed and deleted", async () => {
    const email = `${randomUUID()}@example.com`;
    const created = await stripe.customers.create({
      email,
      name: "Ann",
      metadata: { workspace: "w1", seat: "2" },
    });
    expect(created.id).toMatch(/^cus_/);
    expect(await stripe.customers.retrieve(created.id)).toMatchObject({ email, name: "Ann" });

    const updated = await stripe.customers.update(created.id, {
      name: "Ann B",
      metadata: { seat: "", plan: "pro" },
    });
    expect(updated).toMatchObject({ name: "Ann B", metadata: { workspace: "w1", plan: "pro" } });
    expect(updated.metadata).not.toHaveProperty("seat");

    expect((await stripe.customers.list({ email })).data.map(({ id }) => id)).toEqual([created.id]);
    expect(await stripe.customers.del(created.id)).toEqual(
      expect.objectContaining({ id: created.id, deleted: true }),
    );
    expect(await stripe.customers.retrieve(created.id)).toMatchObject({ deleted: true });
    expect((await stripe.customers.list({ email })).data).toEqual([]);
  });

  test("prices are found by their lookup keys, and a key moves only when asked to", async () => {
    const product = await stripe.products.create({ name: "Moving" });
    const key = `moving_${randomUUID()}`;
    const input = {
      product: product.id,
      currency: "usd",
      lookup_key: key,
      recurring: { interval: "month" },
    } as const;
    const first = await stripe.prices.create({ ...input, unit_amount: 100 });
    const refused = await failureOf(stripe.prices.create({ ...input, unit_amount: 200 }));
    expect(refused).toMatchObject({ code: "resource_already_exists", param: "lookup_key" });

    const second = await stripe.prices.create({ ...input, unit_amount: 200, transfer_lookup_key: true });
    const found = await stripe.prices.list({ lookup_keys: [key], active: true, expand: ["data.product"] });
    expect(found.data.map(({ id }) => id)).toEqual([second.id]);
    expect(found.data[0]?.product).toMatchObject({ id: product.id, name: "Moving" });
    expect(found.data[0]?.unit_amount_decimal?.toString()).toBe("200");
    expect((await stripe.prices.retrieve(first.id)).lookup_key).toBeNull();
    expect((await stripe.prices.update(first.id, { active: false })).active).toBe(false);
  });

  test("a product is made with its default price, and cannot be deleted while it has one", async () => {
    const product = await stripe.products.create({
      name: "With price",
      default_price_data: { currency: "usd", unit_amount: 900, recurring: { interval: "year" } },
      expand: ["default_price"],
    });
    expect(product.default_price).toMatchObject({ unit_amount: 900, recurring: { interval: "year" } });
    expect(await failureOf(stripe.products.del(product.id))).toBeInstanceOf(
      Stripe.errors.StripeInvalidRequestError,
    );
    expect((await stripe.products.update(product.id, { name: "Renamed", active: false })).name).toBe(
      "Renamed",
    );
  });
});

describe("pages of a list", () => {
  test("go newest first, forwards and backwards, and the client walks them all", async () => {
    const marker = randomUUID();
    const email = `${marker}@example.com`;
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1) ids.unshift((await stripe.customers.create({ email })).id);

    const first = await stripe.customers.list({ email, limit: 3 });
    expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    expect(first.has_more).toBe(true);
    const second = await stripe.customers.list({ email, limit: 3, starting_after: ids[2] });
    expect(second.data.map(({ id }) => id)).toEqual(ids.slice(3, 6));
    const back = await stripe.customers.list({ email, limit: 2, ending_before: ids[5] });
    expect(back.data.map(({ id }) => id)).toEqual(ids.slice(3, 5));
    expect(back.has_more).toBe(true);

    const all = await stripe.customers.list({ email, limit: 2 }).autoPagingToArray({ limit: 100 });
    expect(all.map(({ id }) => id)).toEqual(ids);
  });

  test("refuse a limit out of 1 to 100 and a cursor that is unknown", async () => {
    expect(await failureOf(stripe.customers.list({ limit: 101 }))).toMatchObject({
      param: "limit",
      statusCode: 400,
    });
    expect(await failureOf(stripe.customers.list({ limit: 0 }))).toMatchObject({ param: "limit" });
    const unknown = await failureOf(stripe.customers.list({ starting_after: "cus_nobody" }));
    expect(unknown).toMatchObject({ code: "resource_missing", param: "starting_after" });
  });
});

describe("expansion", () => {
  test("follows dotted paths through objects and lists", async () => {
    const { session, customer } = await createSubscriber(harness, catalogue.proMonthly);
    const full = await stripe.checkout.sessions.retrieve(session.id, {
      expand: [
        "line_items",
        "customer",
        "subscription.latest_invoice.payments",
        "subscription.default_payment_method",
      ],
    });
    expect(full.line_items?.data[0]?.price?.id).toBe(catalogue.proMonthly.id);
    expect(full.customer).toMatchObject({ id: customer.id, email: "ann@example.com" });
    const subscription = full.subscription as Stripe.Subscription;
    expect(subscription.default_payment_method).toMatchObject({ card: { last4: "4242", brand: "visa" } });
    const invoice = subscription.latest_invoice as Stripe.Invoice;
    expect(invoice.payments?.data[0]).toMatchObject({ status: "paid", payment: { type: "payment_intent" } });

    const list = await stripe.subscriptions.list({
      customer: customer.id,
      expand: ["data.items.data.price.product", "data.latest_invoice"],
    });
    expect(list.data[0]?.items.data[0]?.price.product).toMatchObject({ name: "Pro" });
    expect(list.data[0]?.latest_invoice).toMatchObject({ object: "invoice", status: "paid" });
  });

  test("reaches a product whose id is the account's own", async () => {
    const product = await stripe.products.create({ id: `own_${randomUUID()}`, name: "Own" });
    const made = { product: product.id, currency: "usd", unit_amount: 100, expand: ["product"] };
    expect((await stripe.prices.create(made)).product).toMatchObject({ id: product.id, name: "Own" });
  });

  test("without it, what can be expanded is an id and what must be asked for is absent", async () => {
    const { session, subscription } = await createSubscriber(harness, catalogue.proMonthly);
    const plain = await stripe.checkout.sessions.retrieve(session.id);
    expect(plain.subscription).toBe(subscription.id);
    expect(plain).not.toHaveProperty("line_items");
  });

  test("refuses what cannot be expanded, is not there, or lies too deep", async () => {
    const customer = await stripe.customers.create({});
    for (const path of ["email", "nonsense", "metadata.workspace"]) {
      const error = await failureOf(stripe.customers.retrieve(customer.id, { expand: [path] }));
      expect(error.message).toContain("cannot be expanded");
    }
    const onList = await failureOf(stripe.subscriptions.list({ expand: ["customer"] }));
    expect(onList.message).toContain("data.customer");
    const deep = await failureOf(stripe.customers.list({ expand: ["data.a.b.c.d.customer"] }));
    expect(deep.message).toContain("more than 4 levels");
  });
});

describe("an idempotency key", () => {
  test("gives the first answer again, and nothing happens twice", async () => {
    const idempotencyKey = randomUUID();
    const email = `${idempotencyKey}@example.com`;
    const first = await stripe.customers.create({ email, metadata: { a: "1", b: "2" } }, { idempotencyKey });
    const again = await stripe.customers.create({ metadata: { b: "2", a: "1" }, email }, { idempotencyKey });
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
    expect(first.lastResponse.headers).not.toHaveProperty("idempotent-replayed");
    expect(again.lastResponse.requestId).not.toBe(first.lastResponse.requestId);
    expect((await stripe.customers.list({ email })).data).toHaveLength(1);
  });

  test("is refused for other parameters and for another endpoint", async () => {
    const idempotencyKey = randomUUID();
    await stripe.customers.create({ name: "One" }, { idempotencyKey });
    const otherBody = await failureOf(stripe.customers.create({ name: "Two" }, { idempotencyKey }));
    expect(otherBody).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    const otherRoute = await failureOf(stripe.products.create({ name: "One" }, { idempotencyKey }));
    expect(otherRoute).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  });

  test("forgets what failed in validation, so that the corrected call may use it", async () => {
    const idempotencyKey = randomUUID();
    await failureOf(stripe.prices.create({ currency: "usd", product: "prod_nothing" }, { idempotencyKey }));
    const product = await stripe.products.create({ name: "Right" });
    const price = await stripe.prices.create(
      { currency: "usd", product: product.id, unit_amount: 100 },
      { idempotencyKey },
    );
    expect(price.unit_amount).toBe(100);
  });

  test("gives a stored 500 again although the call was carried out", async () => {
    const idempotencyKey = randomUUID();
    const email = `${idempotencyKey}@example.com`;
    const call = () =>
      stripe.customers.create({ email, metadata: { sandbox_answer: "500" } }, { idempotencyKey });
    expect(await failureOf(call())).toMatchObject({ statusCode: 500, type: "StripeAPIError" });
    const again = await failureOf(call());
    expect(again.statusCode).toBe(500);
    expect(again.headers?.["idempotent-replayed"]).toBe("true");
    expect((await stripe.customers.list({ email })).data).toHaveLength(1);
  });

  test("is refused while its first call is under way", async () => {
    const idempotencyKey = randomUUID();
    const { port } = new URL(harness.baseUrl);
    const slow = request({
      host: "127.0.0.1",
      port,
      method: "POST",
      path: "/v1/customers",
      headers: {
        authorization: "Bearer sk_test_sandbox",
        "content-type": "application/x-www-form-urlencoded",
        "idempotency-key": idempotencyKey,
      },
    });
    const finished = new Promise<number | undefined>((resolve, reject) => {
      slow.on("response", (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      slow.on("error", reject);
    });
    slow.write("name=");
    const call = () => stripe.customers.create({ name: "Slow" }, { idempotencyKey });
    // The first call has begun once the key is taken; until then this one would simply be the first.
    const outcome = await failureOf(waitUntilTaken(idempotencyKey).then(call));
    expect(outcome).toMatchObject({ statusCode: 409, code: "idempotency_key_in_use" });
    slow.end("Slow");
    expect(await finished).toBe(200);
    expect((await call()).lastResponse.headers["idempotent-replayed"]).toBe("true");
  });
});

/** Tries the key with a call that leaves no trace until it is refused. */
async function waitUntilTaken(idempotencyKey: string): Promise<void> {
  const deadline = Date.now() + 5000;
  while (Date.now() < deadline) {
    const probe = await failureOf(stripe.prices.create({ currency: "none" }, { idempotencyKey }));
    if (probe.code === "idempotency_key_in_use") return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("The first call never began.");
}

describe("errors are the client's own classes", () => {
  test("an unknown id is 404 resource_missing and names the parameter", async () => {
    const error = await failureOf(stripe.customers.retrieve("cus_nobody"));
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(error).toMatchObject({ statusCode: 404, code: "resource_missing", param: "id" });
    expect(error.message).toBe("No such customer: 'cus_nobody'");
    expect(error.requestId).toMatch(/^req_/);
    expect(error.doc_url).toBe("https://stripe.com/docs/error-codes/resource-missing");
    const inBody = await failureOf(stripe.billingPortal.sessions.create({ customer: "cus_nobody" }));
    expect(inBody).toMatchObject({ statusCode: 400, code: "resource_missing", param: "customer" });
  });

  test("a missing and an unknown parameter are told apart", async () => {
    const missing = await failureOf(stripe.prices.create({ currency: "usd", unit_amount: 1 }));
    expect(missing).toMatchObject({ code: "parameter_missing", param: "product", statusCode: 400 });
    const extra = { name: "A", colour: "red" };
    const unknown = await failureOf(stripe.customers.create(extra));
    expect(unknown).toMatchObject({ code: "parameter_unknown", param: "colour" });
    expect(unknown.message).toBe("Received unknown parameter: colour");
    expect((await stripe.events.list({ type: "customer.created" })).data[0]?.data.object).not.toMatchObject({
      name: "A",
    });
  });

  test("a route that is not there is an error and not an empty success", async () => {
    const error = await failureOf(stripe.rawRequest("GET", "/v1/foo"));
    expect(error).toMatchObject({ statusCode: 404, type: "StripeInvalidRequestError" });
    expect(error.message).toContain("Unrecognized request URL (GET: /v1/foo).");
  });

  test("another key, and none, are refused", async () => {
    const wrong = await failureOf(harness.client("sk_test_of_someone_else_1234").customers.list());
    expect(wrong).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect(wrong.message).toMatch(/^Invalid API Key provided: sk_test_\*+1234$/);
    const none = await fetch(`${harness.baseUrl}/v1/customers`);
    expect(none.status).toBe(401);
    expect(await none.json()).toMatchObject({ error: { type: "invalid_request_error" } });
    const basic = `Basic ${Buffer.from("sk_test_sandbox:").toString("base64")}`;
    expect((await fetch(`${harness.baseUrl}/v1/account`, { headers: { authorization: basic } })).status).toBe(
      200,
    );
  });

  test("a JSON body is refused, as the first version of the API does", async () => {
    const response = await fetch(`${harness.baseUrl}/v1/customers`, {
      method: "POST",
      headers: { authorization: "Bearer sk_test_sandbox", "content-type": "application/json" },
      body: JSON.stringify({ name: "Ann" }),
    });
    expect(response.status).toBe(400);
  });

  test("every answer has a request id and the version that it speaks", async () => {
    const account = await stripe.accounts.retrieveCurrent();
    expect(account.id).toMatch(/^acct_/);
    expect(account.lastResponse.requestId).toMatch(/^req_/);
    expect(account.lastResponse.apiVersion).toBe("2026-10-28.endive");
  });

  test("a status fault of the control port has the vendor's shape", async () => {
    const fault = {
      vendor: "stripe",
      kind: "status",
      route: "GET /v1/account",
      status: 429,
      retryAfterSeconds: 7,
      times: 1,
    };
    const headers = { "content-type": "application/json" };
    await fetch(`${harness.controlUrl()}/faults`, { method: "POST", headers, body: JSON.stringify(fault) });
    const error = await failureOf(stripe.accounts.retrieveCurrent());
    expect(error).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
    expect(error.headers?.["retry-after"]).toBe("7");
  });
});

describe("checkout sessions", () => {
  test("keep what they were made with", async () => {
    const { session, customer } = await createCheckout(harness, catalogue.proMonthly);
    expect(session).toMatchObject({
      status: "open",
      payment_status: "unpaid",
      customer: customer.id,
      client_reference_id: "workspace_1",
      metadata: { operation: "op_1" },
      amount_total: 2000,
      currency: "usd",
      livemode: false,
    });
    expect(session.id).toMatch(/^cs_test_/);
    const items = await stripe.checkout.sessions.listLineItems(session.id);
    expect(items.data[0]).toMatchObject({ quantity: 1, amount_total: 2000, description: "Pro" });
    const listed = await stripe.checkout.sessions.list({ customer: customer.id, status: "open" });
    expect(listed.data.map(({ id }) => id)).toEqual([session.id]);
  });

  test("expire when told to, once", async () => {
    const { session } = await createCheckout(harness, catalogue.proMonthly);
    const expired = await stripe.checkout.sessions.expire(session.id);
    expect(expired).toMatchObject({ status: "expired", url: null });
    await failureOf(stripe.checkout.sessions.expire(session.id));
    await harness.webhook(
      (event) => event.type === "checkout.session.expired" && event.data.object.id === session.id,
    );
  });

  test("live between half an hour and a day", async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const expires_at of [now + 20 * 60, now + 25 * 3600]) {
      const error = await failureOf(createCheckout(harness, catalogue.proMonthly, { expires_at }));
      expect(error).toMatchObject({ param: "expires_at", statusCode: 400 });
    }
    const { session } = await createCheckout(harness, catalogue.proMonthly, { expires_at: now + 1801 });
    expect(session.expires_at).toBe(now + 1801);
  });

  test("need a mode, a known active price and a URL to come back to", async () => {
    const base = {
      line_items: [{ price: catalogue.proMonthly.id, quantity: 1 }],
      success_url: harness.appUrl,
    };
    expect(await failureOf(stripe.checkout.sessions.create(base))).toMatchObject({ param: "mode" });
    const noPrice = {
      ...base,
      mode: "subscription" as const,
      line_items: [{ price: "price_x", quantity: 1 }],
    };
    expect(await failureOf(stripe.checkout.sessions.create(noPrice))).toMatchObject({
      param: "line_items[0][price]",
    });
    const noUrl = { mode: "subscription" as const, line_items: base.line_items };
    expect(await failureOf(stripe.checkout.sessions.create(noUrl))).toMatchObject({ param: "success_url" });
  });
});
