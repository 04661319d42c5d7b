import { findCardByNumber, type TestCard } from "../domain/cards";
import { attachMethod, createCard, findOrCreateMethod } from "../domain/payments";
import { ApiError, invalidRequest, missingParam } from "../http/api-error";
import { findByParam, findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata, type Params } from "../http/params";
import type { Api } from "../http/router";
import type { World } from "../world";

export function registerPaymentMethods(api: Api, world: World): void {
  api.post("/v1/payment_methods", ({ params }) => {
    const type = params.oneOf("type", ["card"]);
    if (!type) throw missingParam("type");
    const card = readCard(params.object("card"));
    const billing = params.object("billing_details");
    const name = billing?.nullableString("name") ?? null;
    const email = billing?.nullableString("email") ?? null;
    billing?.ignore("address", "phone", "tax_id");
    const metadata = mergeMetadata(null, params.metadata());
    params.ignore("allow_redisplay");
    params.finish();
    return createCard(world, { ...card, name, email, metadata });
  });

  api.get("/v1/payment_methods", ({ params }) => {
    const page = readPage(params);
    const customer = params.string("customer");
    const type = params.string("type");
    params.ignore("allow_redisplay");
    params.finish();
    if (customer !== undefined) findByParam(world, "customers", customer, "customer");
    const rows = world.list("payment_methods").filter((method) => {
      if (type !== undefined && method.type !== type) return false;
      return customer === undefined ? method.customer !== null : method.customer === customer;
    });
    return paginate(rows, page, "/v1/payment_methods", "PaymentMethod");
  });

  api.get("/v1/payment_methods/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "payment_methods", path("id"));
  });

  api.post("/v1/payment_methods/:id", ({ params, path }) => {
    const method = findByPath(world, "payment_methods", path("id"));
    const metadata = mergeMetadata(method.metadata, params.metadata());
    const billing = params.object("billing_details");
    const billing_details = {
      ...method.billing_details,
      email: billing?.nullableString("email") ?? method.billing_details.email,
      name: billing?.nullableString("name") ?? method.billing_details.name,
      phone: billing?.nullableString("phone") ?? method.billing_details.phone,
    };
    billing?.ignore("address", "tax_id");
    params.ignore("allow_redisplay");
    params.finish();
    return world.change(
      "payment_methods",
      method.id,
      { metadata, billing_details },
      "payment_method.updated",
    );
  });

  api.post("/v1/payment_methods/:id/attach", ({ params, path }) => {
    const customer = findByParam(world, "customers", params.required("customer"), "customer");
    params.finish();
    const method = findOrCreateMethod(world, path("id"), "payment_method", 404);
    return attachMethod(world, method.id, customer.id);
  });

  api.post("/v1/payment_methods/:id/detach", ({ params, path }) => {
    const method = findByPath(world, "payment_methods", path("id"));
    params.finish();
    if (!method.customer) {
      const message =
        "The payment method you provided is not attached to a customer so detachment is impossible.";
      throw new ApiError(400, { type: "invalid_request_error", message });
    }
    releaseDefault(world, method.customer, method.id);
    return world.change("payment_methods", method.id, { customer: null }, "payment_method.detached");
  });
}

/** A card that is gone is nobody's default any more. */
function releaseDefault(world: World, customerId: string, methodId: string): void {
  const customer = world.need("customers", customerId);
  if (customer.invoice_settings.default_payment_method === methodId) {
    const invoice_settings = { ...customer.invoice_settings, default_payment_method: null };
    world.change("customers", customerId, { invoice_settings }, "customer.updated");
  }
  for (const subscription of world.list("subscriptions")) {
    if (subscription.default_payment_method !== methodId) continue;
    world.change(
      "subscriptions",
      subscription.id,
      { default_payment_method: null },
      "customer.subscription.updated",
    );
  }
}

/** Raw numbers of test cards, or a token of one. */
function readCard(params: Params | undefined): { card: TestCard; expMonth: number; expYear: number } {
  if (!params) throw missingParam("card");
  const number = params.required("number").replaceAll(/\s/g, "");
  const expMonth = params.integer("exp_month", { minimum: 1, maximum: 12 });
  const expYear = params.integer("exp_year", { minimum: 2000, maximum: 2100 });
  params.ignore("cvc");
  if (expMonth === undefined) throw missingParam("card[exp_month]");
  if (expYear === undefined) throw missingParam("card[exp_year]");
  const card = findCardByNumber(number);
  if (!card) throw invalidRequest("This sandbox takes test cards only.", "incorrect_number", "card[number]");
  return { card, expMonth, expYear };
}
