/** Guards the one table from a vendor's status to what a customer has: every status, at every moment that matters. */
import { describe, expect, test } from "vitest";
import { PLANS } from "@/lib/billing/plans";
import {
  billingState,
  isLive,
  SUBSCRIPTION_STATUSES,
  type SubscriptionStatus,
  type SubscriptionView,
} from "@/lib/billing/status";

const PERIOD_START = "2026-11-01T00:00:00.000Z";
const PERIOD_END = "2026-12-01T00:00:00.000Z";
const GRACE_END = "2026-11-15T00:00:00.000Z";
const IN_GRACE = new Date("2026-11-14T23:59:59.999Z");
const AFTER_GRACE = new Date(GRACE_END);

function subscription(status: SubscriptionStatus, changes: Partial<SubscriptionView> = {}): SubscriptionView {
  return {
    status,
    planKey: "pro",
    interval: "month",
    quantity: 1,
    unitAmount: 1_900,
    currency: "usd",
    currentPeriodStart: PERIOD_START,
    currentPeriodEnd: PERIOD_END,
    cancelAtPeriodEnd: false,
    cancelAt: null,
    endedAt: null,
    trialEndsAt: null,
    ...changes,
  };
}

interface Expected {
  access: boolean;
  label: string;
  checkout: boolean;
  change: boolean;
  cancel: boolean;
}

const AT_FIRST: Record<SubscriptionStatus, Expected> = {
  trialing: { access: true, label: "Trial", checkout: false, change: true, cancel: true },
  active: { access: true, label: "Active", checkout: false, change: true, cancel: true },
  past_due: { access: true, label: "Payment due", checkout: false, change: false, cancel: true },
  unpaid: { access: false, label: "Unpaid", checkout: false, change: false, cancel: true },
  paused: { access: false, label: "Paused", checkout: false, change: false, cancel: true },
  incomplete: { access: false, label: "Payment unfinished", checkout: true, change: false, cancel: false },
  incomplete_expired: {
    access: false,
    label: "Payment never finished",
    checkout: true,
    change: false,
    cancel: false,
  },
  canceled: { access: false, label: "Ended", checkout: true, change: false, cancel: false },
};

describe("a subscription that goes on", () => {
  test.each(SUBSCRIPTION_STATUSES)("means, while %s", (status) => {
    const expected = AT_FIRST[status];
    expect(billingState(subscription(status), IN_GRACE)).toMatchObject({
      hasPaidAccess: expected.access,
      plan: expected.access ? PLANS.pro : PLANS.free,
      label: expected.label,
      canCheckout: expected.checkout,
      canChangePlan: expected.change,
      canCancel: expected.cancel,
      canResume: false,
    });
  });

  test.each(SUBSCRIPTION_STATUSES.filter((status) => status !== "past_due"))(
    "means the same when time goes by, while %s: only the vendor's word changes it",
    (status) => {
      const now = new Date("2030-01-01");
      expect(billingState(subscription(status), now)).toEqual(billingState(subscription(status), IN_GRACE));
    },
  );
});

describe("a payment that is due", () => {
  test("leaves the plan for fourteen days of the unpaid period, and says until when", () => {
    expect(billingState(subscription("past_due"), IN_GRACE)).toMatchObject({
      plan: PLANS.pro,
      accessEndsAt: GRACE_END,
      tone: "warning",
    });
  });

  test("takes the plan at the very end of grace", () => {
    expect(billingState(subscription("past_due"), AFTER_GRACE)).toMatchObject({
      plan: PLANS.free,
      hasPaidAccess: false,
      accessEndsAt: null,
      label: "Payment due",
    });
  });

  test("leaves nothing when nobody knows since when", () => {
    const state = billingState(subscription("past_due", { currentPeriodStart: null }), IN_GRACE);
    expect(state.hasPaidAccess).toBe(false);
  });
});

describe("a subscription that is cancelled at its period's end", () => {
  test.each(["active", "trialing"] as const)(
    "keeps its plan until then and can be resumed, while %s",
    (status) => {
      const ending = subscription(status, { cancelAtPeriodEnd: true });
      expect(billingState(ending, IN_GRACE)).toMatchObject({
        plan: PLANS.pro,
        label: "Ending",
        tone: "warning",
        accessEndsAt: PERIOD_END,
        canResume: true,
        canCancel: false,
        canChangePlan: false,
        canCheckout: false,
      });
    },
  );

  test("ends at the moment that the vendor names, where it names one", () => {
    const cancelAt = "2026-11-20T12:00:00.000Z";
    expect(billingState(subscription("active", { cancelAt }), IN_GRACE)).toMatchObject({
      accessEndsAt: cancelAt,
      canResume: true,
    });
  });

  test.each(["unpaid", "paused", "past_due"] as const)("cannot be resumed while %s", (status) => {
    const state = billingState(subscription(status, { cancelAtPeriodEnd: true }), AFTER_GRACE);
    expect(state).toMatchObject({ canResume: false, canCancel: false, hasPaidAccess: false });
  });

  test.each(["canceled", "incomplete", "incomplete_expired"] as const)("is only %s once it is", (status) => {
    const state = billingState(subscription(status, { cancelAtPeriodEnd: true }), IN_GRACE);
    expect(state).toMatchObject({ canResume: false, canCheckout: true, accessEndsAt: null });
    expect(state.label).toBe(AT_FIRST[status].label);
  });
});

describe("what is sold", () => {
  test("is nothing to somebody without a subscription", () => {
    expect(billingState(null, IN_GRACE)).toMatchObject({
      plan: PLANS.free,
      hasPaidAccess: false,
      label: "Free",
      canCheckout: true,
      canCancel: false,
    });
  });

  test("is the free plan to somebody who pays for a price that is not in the catalogue", () => {
    expect(billingState(subscription("active", { planKey: null }), IN_GRACE)).toMatchObject({
      plan: PLANS.free,
      hasPaidAccess: true,
      canCheckout: false,
    });
  });

  test("can be bought exactly when no subscription can still be charged for", () => {
    for (const status of SUBSCRIPTION_STATUSES) {
      expect(billingState(subscription(status), IN_GRACE).canCheckout, status).toBe(!isLive(status));
    }
  });

  test("is never both cancelled and resumed", () => {
    for (const status of SUBSCRIPTION_STATUSES) {
      for (const cancelAtPeriodEnd of [true, false]) {
        const state = billingState(subscription(status, { cancelAtPeriodEnd }), IN_GRACE);
        expect(state.canCancel && state.canResume, status).toBe(false);
      }
    }
  });
});
