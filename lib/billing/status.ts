/**
 * From what the payments vendor says of a subscription to what a customer has and sees. Pure, safe for the browser;
 * the one table that pages, guards and tests read.
 */
import { type BillingInterval, PLANS, type Plan, type PlanKey } from "./plans";

export const SUBSCRIPTION_STATUSES = [
  "incomplete",
  "incomplete_expired",
  "trialing",
  "active",
  "past_due",
  "canceled",
  "unpaid",
  "paused",
] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

/** How long a paying customer keeps access while a payment is being retried. */
export const PAST_DUE_GRACE_DAYS = 14;

/** A workspace's subscription as pages see it. Times are ISO 8601 in UTC. */
export interface SubscriptionView {
  status: SubscriptionStatus;
  /** Null when the vendor's price is not in the catalogue. */
  planKey: PlanKey | null;
  interval: BillingInterval | null;
  quantity: number;
  /** Minor units (cents) per period. */
  unitAmount: number | null;
  currency: string;
  currentPeriodStart: string | null;
  currentPeriodEnd: string | null;
  cancelAtPeriodEnd: boolean;
  cancelAt: string | null;
  endedAt: string | null;
  trialEndsAt: string | null;
}

/** Whether a status can still become or stay paid for: a second checkout must not start beside it. */
export function isLive(status: SubscriptionStatus): boolean {
  return status !== "canceled" && status !== "incomplete_expired" && status !== "incomplete";
}

export type Tone = "neutral" | "positive" | "warning" | "critical";

interface StatusRow {
  label: string;
  tone: Tone;
  /** "grace": until the current period's start plus the grace days. */
  access: "yes" | "grace" | "no";
}

const TABLE: Record<SubscriptionStatus, StatusRow> = {
  trialing: { label: "Trial", tone: "positive", access: "yes" },
  active: { label: "Active", tone: "positive", access: "yes" },
  past_due: { label: "Payment due", tone: "warning", access: "grace" },
  unpaid: { label: "Unpaid", tone: "critical", access: "no" },
  paused: { label: "Paused", tone: "warning", access: "no" },
  incomplete: { label: "Payment unfinished", tone: "warning", access: "no" },
  incomplete_expired: { label: "Payment never finished", tone: "neutral", access: "no" },
  canceled: { label: "Ended", tone: "neutral", access: "no" },
};

export interface BillingState {
  /** What the workspace may use now. */
  plan: Plan;
  hasPaidAccess: boolean;
  /** Shown as a badge. */
  label: string;
  tone: Tone;
  /** When access ends although it is there now; ISO 8601, null when it goes on. */
  accessEndsAt: string | null;
  canCheckout: boolean;
  canChangePlan: boolean;
  canCancel: boolean;
  canResume: boolean;
}

function graceEnd(subscription: SubscriptionView): number {
  // A past-due period has begun and is not paid for: grace counts from its start.
  const start = subscription.currentPeriodStart ? Date.parse(subscription.currentPeriodStart) : 0;
  return start + PAST_DUE_GRACE_DAYS * 24 * 60 * 60 * 1000;
}

function hasAccess(subscription: SubscriptionView, now: Date): boolean {
  const { access } = TABLE[subscription.status];
  if (access === "grace") return now.getTime() < graceEnd(subscription);
  return access === "yes";
}

/** What a subscription (or none) means at a moment. */
export function billingState(subscription: SubscriptionView | null, now: Date): BillingState {
  if (subscription === null) {
    return {
      plan: PLANS.free,
      hasPaidAccess: false,
      label: "Free",
      tone: "neutral",
      accessEndsAt: null,
      canCheckout: true,
      canChangePlan: false,
      canCancel: false,
      canResume: false,
    };
  }
  const row = TABLE[subscription.status];
  const access = hasAccess(subscription, now);
  const live = isLive(subscription.status);
  const ending = live && (subscription.cancelAtPeriodEnd || subscription.cancelAt !== null);
  const endsAt = subscription.cancelAt ?? subscription.currentPeriodEnd;
  const steady = subscription.status === "active" || subscription.status === "trialing";
  return {
    plan: access && subscription.planKey ? PLANS[subscription.planKey] : PLANS.free,
    hasPaidAccess: access,
    label: ending && access ? "Ending" : row.label,
    tone: ending && access ? "warning" : row.tone,
    accessEndsAt:
      ending && access
        ? endsAt
        : row.access === "grace" && access
          ? new Date(graceEnd(subscription)).toISOString()
          : null,
    canCheckout: !live,
    canChangePlan: steady && !ending,
    canCancel: live && !ending,
    canResume: ending && steady,
  };
}
