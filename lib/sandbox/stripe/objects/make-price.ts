import { createId } from "../ids";
import type { Metadata, Plan, Price } from "../wire";

export interface RecurringInput {
  interval: "day" | "week" | "month" | "year";
  intervalCount: number;
  trialPeriodDays: number | null;
}

export interface PriceInput {
  created: number;
  currency: string;
  product: string;
  /** Minor units, decimals allowed ("1050.5"). */
  unitAmountDecimal: string;
  recurring: RecurringInput | null;
  active?: boolean;
  lookupKey?: string | null;
  nickname?: string | null;
  metadata?: Metadata;
  taxBehavior?: string;
}

export function makePrice(input: PriceInput): Price {
  const { recurring } = input;
  return {
    id: createId("price"),
    object: "price",
    active: input.active ?? true,
    billing_scheme: "per_unit",
    created: input.created,
    currency: input.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: input.lookupKey ?? null,
    metadata: input.metadata ?? {},
    nickname: input.nickname ?? null,
    product: input.product,
    recurring: recurring && {
      interval: recurring.interval,
      interval_count: recurring.intervalCount,
      meter: null,
      trial_period_days: recurring.trialPeriodDays,
      usage_type: "licensed",
    },
    tax_behavior: input.taxBehavior ?? "unspecified",
    tiers_mode: null,
    transform_quantity: null,
    type: recurring ? "recurring" : "one_time",
    unit_amount: /^\d+$/.test(input.unitAmountDecimal) ? Number(input.unitAmountDecimal) : null,
    unit_amount_decimal: input.unitAmountDecimal,
  };
}

/** The older twin of a recurring price, which subscription items still carry. */
export function makePlan(price: Price): Plan {
  return {
    id: price.id,
    object: "plan",
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? "month",
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: price.recurring?.trial_period_days ?? null,
    usage_type: price.recurring?.usage_type ?? "licensed",
  };
}
