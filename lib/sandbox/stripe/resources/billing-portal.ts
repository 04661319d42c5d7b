import { invalidRequest, missingParam } from "../http/api-error";
import { findByParam, findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata, type Params } from "../http/params";
import type { Api } from "../http/router";
import { makePortalConfiguration, makePortalSession } from "../objects/make-portal";
import type { PortalConfiguration, PortalSession } from "../wire";
import type { World } from "../world";
import { readFeatures } from "./portal-features";

const FLOWS = [
  "payment_method_update",
  "subscription_cancel",
  "subscription_update",
  "subscription_update_confirm",
] as const;

export function registerBillingPortal(api: Api, world: World): void {
  api.post("/v1/billing_portal/sessions", ({ params }) => createSession(world, params));

  api.post("/v1/billing_portal/configurations", ({ params }) => {
    const made = makePortalConfiguration(world.now(), false);
    const features = params.object("features");
    if (!features) throw missingParam("features");
    const configuration = { ...made, ...readConfiguration(params, made, features) };
    params.finish();
    return world.add("portal_configurations", configuration, "billing_portal.configuration.created");
  });

  api.get("/v1/billing_portal/configurations", ({ params }) => {
    const page = readPage(params);
    const active = params.boolean("active");
    const isDefault = params.boolean("is_default");
    params.finish();
    const rows = world.list("portal_configurations").filter((row) => {
      if (active !== undefined && row.active !== active) return false;
      return isDefault === undefined || row.is_default === isDefault;
    });
    return paginate(rows, page, "/v1/billing_portal/configurations", "configuration");
  });

  api.get("/v1/billing_portal/configurations/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "portal_configurations", path("id"));
  });

  api.post("/v1/billing_portal/configurations/:id", ({ params, path }) => {
    const current = findByPath(world, "portal_configurations", path("id"));
    const changes = readConfiguration(params, current, params.object("features"));
    params.finish();
    const updated = { ...changes, updated: world.now() };
    return world.change("portal_configurations", current.id, updated, "billing_portal.configuration.updated");
  });
}

function readConfiguration(
  params: Params,
  current: PortalConfiguration,
  features: Params | undefined,
): Partial<PortalConfiguration> {
  const profile = params.object("business_profile");
  const text = (name: "headline" | "privacy_policy_url" | "terms_of_service_url") => {
    const value = profile?.nullableString(name);
    return value === undefined ? current.business_profile[name] : value;
  };
  const returnUrl = params.nullableString("default_return_url");
  const name = params.nullableString("name");
  params.ignore("login_page");
  return {
    active: params.boolean("active") ?? current.active,
    business_profile: {
      headline: text("headline"),
      privacy_policy_url: text("privacy_policy_url"),
      terms_of_service_url: text("terms_of_service_url"),
    },
    default_return_url: returnUrl === undefined ? current.default_return_url : returnUrl,
    features: features ? readFeatures(features, current.features) : current.features,
    metadata: mergeMetadata(current.metadata, params.metadata()),
    name: name === undefined ? current.name : name,
  };
}

function createSession(world: World, params: Params): PortalSession {
  const customer = findByParam(world, "customers", params.required("customer"), "customer");
  const wanted = params.string("configuration");
  const configuration = wanted
    ? findByParam(world, "portal_configurations", wanted, "configuration")
    : world.list("portal_configurations").find((row) => row.is_default && row.active);
  if (!configuration) {
    const message =
      "You can't create a portal session in test mode until you save your customer portal settings in test mode.";
    throw invalidRequest(message);
  }
  const returnUrl = params.string("return_url") ?? configuration.default_return_url;
  const flow = readFlow(world, params.object("flow_data"), customer.id);
  const locale = params.string("locale") ?? null;
  params.finish();
  const session = makePortalSession({
    created: world.now(),
    customer: customer.id,
    configuration: configuration.id,
    returnUrl,
    flow,
    locale,
    baseUrl: world.baseUrl,
  });
  return world.add("portal_sessions", session, "billing_portal.session.created");
}

function readFlow(world: World, flow: Params | undefined, customer: string): PortalSession["flow"] {
  if (!flow) return null;
  const type = flow.oneOf("type", FLOWS);
  if (!type) throw missingParam("flow_data[type]");
  const subscriptionOf = (name: (typeof FLOWS)[number]): string | null => {
    if (name !== type) return null;
    const part = flow.object(name);
    if (!part) throw missingParam(flow.pathOf(name));
    const id = part.required("subscription");
    const subscription = findByParam(world, "subscriptions", id, part.pathOf("subscription"));
    if (subscription.customer !== customer) {
      throw invalidRequest(
        "The subscription belongs to another customer.",
        undefined,
        part.pathOf("subscription"),
      );
    }
    if (name !== "subscription_update_confirm") part.ignore("retention");
    return id;
  };
  const cancels = subscriptionOf("subscription_cancel");
  const updates = subscriptionOf("subscription_update");
  const confirms = subscriptionOf("subscription_update_confirm");
  return {
    after_completion: readAfterCompletion(flow.object("after_completion")),
    customer_update: null,
    subscription_cancel: cancels ? { retention: null, subscription: cancels } : null,
    subscription_pause: null,
    subscription_update: updates ? { subscription: updates } : null,
    subscription_update_confirm: confirms
      ? { discounts: null, items: readConfirmItems(world, flow), subscription: confirms }
      : null,
    type,
  };
}

function readConfirmItems(world: World, flow: Params) {
  const part = flow.object("subscription_update_confirm");
  part?.ignore("subscription", "discounts");
  return (part?.objects("items") ?? []).map((item) => {
    const price = item.string("price");
    if (price) findByParam(world, "prices", price, item.pathOf("price"));
    return { id: item.required("id"), price: price ?? null, quantity: item.integer("quantity") };
  });
}

function readAfterCompletion(
  params: Params | undefined,
): NonNullable<PortalSession["flow"]>["after_completion"] {
  const type =
    params?.oneOf("type", ["hosted_confirmation", "portal_homepage", "redirect"]) ?? "portal_homepage";
  const returnUrl = params?.object("redirect")?.required("return_url");
  const message = params?.object("hosted_confirmation")?.string("custom_message");
  return {
    hosted_confirmation: type === "hosted_confirmation" ? { custom_message: message ?? null } : null,
    redirect: type === "redirect" && returnUrl ? { return_url: returnUrl } : null,
    type,
  };
}
