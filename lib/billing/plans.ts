/**
 * The catalogue: what is sold, for how much, and what it gives. Pages, guards and `npm run billing:push` all read
 * this file; nothing else knows a price. Pure, safe for the browser.
 */

export const PLAN_KEYS = ["free", "pro", "team"] as const;
export type PlanKey = (typeof PLAN_KEYS)[number];
/** The plans that are paid for through a subscription. */
export type PaidPlanKey = Exclude<PlanKey, "free">;

export const BILLING_INTERVALS = ["month", "year"] as const;
export type BillingInterval = (typeof BILLING_INTERVALS)[number];

/** What a plan switches on. */
export const FEATURES = [
  "projects",
  "api-access",
  "priority-support",
  "audit-log",
  "single-sign-on",
] as const;
export type Feature = (typeof FEATURES)[number];

/** What a plan counts; `null` is unlimited. */
export interface PlanLimits {
  projects: number | null;
  members: number | null;
}
export type LimitKey = keyof PlanLimits;

export interface Price {
  /** Minor units (cents) per interval. */
  amount: number;
  currency: "usd";
}

export interface Plan {
  key: PlanKey;
  name: string;
  tagline: string;
  /** Null for the plan that costs nothing. */
  prices: Record<BillingInterval, Price> | null;
  limits: PlanLimits;
  features: readonly Feature[];
  /** The one the pricing page recommends. */
  recommended: boolean;
}

export const FEATURE_NAMES: Record<Feature, string> = {
  projects: "Projects",
  "api-access": "API access",
  "priority-support": "Priority support",
  "audit-log": "Audit log",
  "single-sign-on": "Single sign-on",
};

export const LIMIT_NAMES: Record<LimitKey, string> = {
  projects: "Projects",
  members: "Members",
};

export const PLANS: Record<PlanKey, Plan> = {
  free: {
    key: "free",
    name: "Free",
    tagline: "For trying things out, for as long as you like.",
    prices: null,
    limits: { projects: 2, members: 1 },
    features: ["projects"],
    recommended: false,
  },
  pro: {
    key: "pro",
    name: "Pro",
    tagline: "For one person who means it.",
    prices: {
      month: { amount: 1_900, currency: "usd" },
      year: { amount: 19_000, currency: "usd" },
    },
    limits: { projects: 25, members: 3 },
    features: ["projects", "api-access", "priority-support"],
    recommended: true,
  },
  team: {
    key: "team",
    name: "Team",
    tagline: "For a company that works together.",
    prices: {
      month: { amount: 4_900, currency: "usd" },
      year: { amount: 49_000, currency: "usd" },
    },
    limits: { projects: null, members: 25 },
    features: ["projects", "api-access", "priority-support", "audit-log", "single-sign-on"],
    recommended: false,
  },
};

export function isPlanKey(value: unknown): value is PlanKey {
  return typeof value === "string" && (PLAN_KEYS as readonly string[]).includes(value);
}

export function isPaidPlanKey(value: unknown): value is PaidPlanKey {
  return isPlanKey(value) && PLANS[value].prices !== null;
}

/** The stable name of a price at any vendor (Stripe calls it a lookup key), for example "pro_month". */
export function priceKey(plan: PaidPlanKey, interval: BillingInterval): string {
  return `${plan}_${interval}`;
}

/** The reverse of `priceKey`; null for a price that is not in the catalogue. */
export function parsePriceKey(key: string): { plan: PaidPlanKey; interval: BillingInterval } | null {
  const [plan, interval] = key.split("_");
  if (!isPaidPlanKey(plan)) return null;
  const known = BILLING_INTERVALS.find((candidate) => candidate === interval);
  return known ? { plan, interval: known } : null;
}
