import type { Params } from "../http/params";
import type { PortalConfiguration } from "../wire";

type Features = PortalConfiguration["features"];

/** What a customer may do in the portal; what is not given stays as it was. */
export function readFeatures(params: Params, current: Features): Features {
  const customer = params.object("customer_update");
  const history = params.object("invoice_history");
  const method = params.object("payment_method_update");
  method?.ignore("payment_method_configuration");
  params.ignore("subscription_pause");
  return {
    ...current,
    customer_update: {
      allowed_updates: customer?.strings("allowed_updates") ?? current.customer_update.allowed_updates,
      enabled: customer?.boolean("enabled") ?? current.customer_update.enabled,
    },
    invoice_history: { enabled: history?.boolean("enabled") ?? current.invoice_history.enabled },
    payment_method_update: {
      ...current.payment_method_update,
      enabled: method?.boolean("enabled") ?? current.payment_method_update.enabled,
    },
    subscription_cancel: readCancel(params.object("subscription_cancel"), current.subscription_cancel),
    subscription_update: readUpdate(params.object("subscription_update"), current.subscription_update),
  };
}

function readCancel(
  params: Params | undefined,
  current: Features["subscription_cancel"],
): Features["subscription_cancel"] {
  if (!params) return current;
  const reason = params.object("cancellation_reason");
  return {
    cancellation_reason: {
      enabled: reason?.boolean("enabled") ?? current.cancellation_reason.enabled,
      feedback_options: reason?.strings("feedback_options") ?? current.cancellation_reason.feedback_options,
      options: reason?.strings("options") ?? current.cancellation_reason.options,
    },
    enabled: params.boolean("enabled") ?? current.enabled,
    mode: params.oneOf("mode", ["at_period_end", "immediately"]) ?? current.mode,
    proration_behavior:
      params.oneOf("proration_behavior", ["always_invoice", "create_prorations", "none"]) ??
      current.proration_behavior,
  };
}

function readUpdate(
  params: Params | undefined,
  current: Features["subscription_update"],
): Features["subscription_update"] {
  if (!params) return current;
  const products = params.objects("products")?.map((product) => {
    product.ignore("adjustable_quantity");
    return {
      adjustable_quantity: { enabled: false, maximum: null, minimum: 1 },
      prices: product.strings("prices") ?? [],
      product: product.required("product"),
    };
  });
  params.ignore("billing_cycle_anchor", "schedule_at_period_end", "trial_update_behavior");
  return {
    ...current,
    default_allowed_updates: params.strings("default_allowed_updates") ?? current.default_allowed_updates,
    enabled: params.boolean("enabled") ?? current.enabled,
    products: products ?? current.products,
    proration_behavior:
      params.oneOf("proration_behavior", ["always_invoice", "create_prorations", "none"]) ??
      current.proration_behavior,
  };
}
