import { createId } from "../ids";
import type { Metadata, Price, Subscription, SubscriptionItem } from "../wire";
import { makePlan } from "./make-price";

export interface SubscriptionItemInput {
  created: number;
  price: Price;
  quantity: number;
  /** Unix seconds. */
  periodStart: number;
  periodEnd: number;
  metadata?: Metadata;
}

export function makeSubscriptionItem(subscription: string, input: SubscriptionItemInput): SubscriptionItem {
  return {
    id: createId("si"),
    object: "subscription_item",
    billing_thresholds: null,
    created: input.created,
    current_period_end: input.periodEnd,
    current_period_start: input.periodStart,
    current_trial: null,
    discounts: [],
    metadata: input.metadata ?? {},
    plan: makePlan(input.price),
    price: input.price,
    quantity: input.quantity,
    subscription,
    tax_rates: [],
  };
}

export interface SubscriptionInput {
  created: number;
  customer: string;
  currency: string;
  items: SubscriptionItemInput[];
  status: "incomplete" | "active" | "trialing";
  billingCycleAnchor: number;
  metadata: Metadata;
  description?: string | null;
  defaultPaymentMethod?: string | null;
  trialEnd?: number | null;
  trialEndBehavior?: "cancel" | "create_invoice" | "pause";
  testClock?: string | null;
}

export function makeSubscription(input: SubscriptionInput): Subscription {
  const id = createId("sub");
  return {
    id,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: input.billingCycleAnchor,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: null, type: "classic" },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: "charge_automatically",
    created: input.created,
    currency: input.currency,
    customer: input.customer,
    customer_account: null,
    days_until_due: null,
    default_payment_method: input.defaultPaymentMethod ?? null,
    default_source: null,
    default_tax_rates: [],
    description: input.description ?? null,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    items: {
      object: "list",
      data: input.items.map((item) => makeSubscriptionItem(id, item)),
      has_more: false,
      url: `/v1/subscription_items?subscription=${id}`,
    },
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: input.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: "off",
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: input.created,
    status: input.status,
    test_clock: input.testClock ?? null,
    transfer_data: null,
    trial_end: input.trialEnd ?? null,
    trial_settings: {
      end_behavior: {
        billing_cycle_anchor: null,
        missing_payment_method: input.trialEndBehavior ?? "create_invoice",
      },
    },
    trial_start: input.trialEnd ? input.created : null,
  };
}
