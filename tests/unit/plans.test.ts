import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { currentSubscription, duplicateSubscriptions } from "@/lib/billing/current-subscription";
import { formatDate, formatMoney, formatPrice } from "@/lib/billing/format";
import {
  BILLING_INTERVALS,
  FEATURES,
  isPaidPlanKey,
  isPlanKey,
  type PaidPlanKey,
  PLAN_KEYS,
  PLANS,
  parsePriceKey,
  priceKey,
} from "@/lib/billing/plans";
import { SUBSCRIPTION_STATUSES, type SubscriptionStatus, type SubscriptionView } from "@/lib/billing/status";

const PAID = PLAN_KEYS.filter((key): key is PaidPlanKey => isPaidPlanKey(key));

describe("the catalogue", () => {
  test("is keyed by its own keys, and recommends one plan", () => {
    for (const key of PLAN_KEYS) expect(PLANS[key].key).toBe(key);
    expect(PLAN_KEYS.filter((key) => PLANS[key].recommended)).toHaveLength(1);
  });

  test("gives more for more: a dearer plan has every feature and limit of the one before", () => {
    const at = (limit: number | null) => limit ?? Number.POSITIVE_INFINITY;
    PLAN_KEYS.slice(1).forEach((key, index) => {
      const [lesser, greater] = [PLANS[PLAN_KEYS[index] ?? "free"], PLANS[key]];
      expect(greater.features).toEqual(expect.arrayContaining([...lesser.features]));
      expect(at(greater.limits.projects)).toBeGreaterThanOrEqual(at(lesser.limits.projects));
      expect(at(greater.limits.members)).toBeGreaterThanOrEqual(at(lesser.limits.members));
      expect(greater.prices?.month.amount ?? 0).toBeGreaterThan(lesser.prices?.month.amount ?? 0);
    });
    for (const feature of FEATURES)
      expect(PLAN_KEYS.some((key) => PLANS[key].features.includes(feature))).toBe(true);
  });

  test("sells a year for less than twelve months, in whole cents", () => {
    for (const key of PAID) {
      const { month, year } = PLANS[key].prices ?? {};
      expect(year?.amount).toBeLessThan((month?.amount ?? 0) * 12);
      expect(Number.isInteger(month?.amount) && Number.isInteger(year?.amount)).toBe(true);
      expect(year?.currency).toBe(month?.currency);
    }
  });
});

describe("the key of a price", () => {
  test("leads back to its plan and interval, and is unique", () => {
    const keys = PAID.flatMap((plan) => BILLING_INTERVALS.map((interval) => priceKey(plan, interval)));
    expect(new Set(keys).size).toBe(keys.length);
    for (const plan of PAID) {
      for (const interval of BILLING_INTERVALS) {
        expect(parsePriceKey(priceKey(plan, interval))).toEqual({ plan, interval });
      }
    }
  });

  test.each([
    "",
    "_",
    "pro",
    "pro_",
    "pro_week",
    "free_month",
    "Pro_month",
    "__proto___month",
    "toString_year",
  ])("%j is none", (key) => {
    expect(parsePriceKey(key)).toBeNull();
  });

  test("is never found in what somebody made up", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(isPlanKey(value)).toBe(typeof value === "string" && PLAN_KEYS.some((key) => key === value));
        if (isPaidPlanKey(value)) expect(PLANS[value].prices).not.toBeNull();
      }),
    );
  });
});

describe("amounts and dates", () => {
  test.each([
    [0, "usd", "$0"],
    [1_900, "usd", "$19"],
    [1_950, "usd", "$19.50"],
    [1_905, "usd", "$19.05"],
    [-4_210, "usd", "-$42.10"],
    [49_000_000, "usd", "$490,000"],
    [1_900, "eur", "€19"],
  ])("%i %s is %s", (amount, currency, shown) => {
    expect(formatMoney(amount, currency)).toBe(shown);
  });

  test("of a price are its own", () => {
    expect(formatPrice({ amount: 1_900, currency: "usd" })).toBe("$19");
  });

  test("are the same on a server and in a browser of any time zone", () => {
    expect(formatDate("2026-11-22T23:59:59.000Z")).toBe("November 22, 2026");
    expect(formatDate(new Date("2026-11-22T00:00:00.000Z"))).toBe("November 22, 2026");
  });
});

describe("the subscription that counts", () => {
  const view = (status: SubscriptionStatus) => ({ view: { status } as SubscriptionView, status });
  const lists = fc.array(fc.constantFrom(...SUBSCRIPTION_STATUSES).map(view));
  const isLiveStatus = (status: SubscriptionStatus) =>
    !["canceled", "incomplete", "incomplete_expired"].includes(status);

  test("is the oldest live one, else the newest ended one", () => {
    fc.assert(
      fc.property(lists, (list) => {
        const current = currentSubscription(list);
        const live = list.filter(({ status }) => isLiveStatus(status));
        expect(current).toBe(live[0] ?? list.at(-1) ?? null);
      }),
    );
  });

  test("is one of a plan of ours, where one that gives no plan is live beside it", () => {
    const of = (planKey: SubscriptionView["planKey"], status: SubscriptionStatus = "active") => ({
      view: { status, planKey } as SubscriptionView,
    });
    const [addOn, ended, sold] = [of(null), of("team", "canceled"), of("pro")];
    expect(currentSubscription([addOn, ended, sold])).toBe(sold);
    expect(duplicateSubscriptions([addOn, ended, sold])).toEqual([addOn]);
    expect(currentSubscription([ended, addOn])).toBe(addOn);
  });

  test("is never among the duplicates, which are all other live ones", () => {
    fc.assert(
      fc.property(lists, (list) => {
        const duplicates = duplicateSubscriptions(list);
        expect(duplicates).not.toContain(currentSubscription(list));
        const live = list.filter(({ status }) => isLiveStatus(status));
        expect(duplicates).toHaveLength(Math.max(0, live.length - 1));
        expect(duplicates.every(({ status }) => isLiveStatus(status))).toBe(true);
      }),
    );
  });
});
