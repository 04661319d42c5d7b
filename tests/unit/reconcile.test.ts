/** Guards what counts as drift: each thing that a copy keeps, and nothing that a list says too late. */
import { describe, expect, test } from "vitest";
import {
  type Comparable,
  differingFields,
  isImplausible,
  subscriptionVerdict,
} from "@/lib/reconcile/compare";
import { BEGINNING, readState, type SweepState, writeState } from "@/lib/reconcile/sweep-state";

const SUBSCRIPTION: Comparable = {
  status: "active",
  planKey: "pro",
  interval: "month",
  quantity: 1,
  unitAmount: 1_900,
  currency: "usd",
  currentPeriodStart: new Date("2026-11-01T00:00:00Z"),
  currentPeriodEnd: new Date("2026-12-01T00:00:00Z"),
  cancelAtPeriodEnd: false,
  cancelAt: null,
  canceledAt: null,
  endedAt: null,
  trialEndsAt: null,
  startedAt: new Date("2026-10-01T00:00:00Z"),
};

/** Of each field, another value than above. */
const OTHERWISE: Comparable = {
  status: "past_due",
  planKey: null,
  interval: "year",
  quantity: 2,
  unitAmount: null,
  currency: "eur",
  currentPeriodStart: null,
  currentPeriodEnd: new Date("2026-12-01T00:00:01Z"),
  cancelAtPeriodEnd: true,
  cancelAt: new Date("2026-12-01T00:00:00Z"),
  canceledAt: new Date("2026-11-02T00:00:00Z"),
  endedAt: new Date("2026-11-02T00:00:00Z"),
  trialEndsAt: new Date("2026-11-02T00:00:00Z"),
  startedAt: new Date("2026-10-01T00:00:01Z"),
};
const FIELDS = Object.keys(SUBSCRIPTION) as (keyof Comparable)[];

describe("a copy of a subscription", () => {
  test.each(FIELDS)("differs by its %s alone", (field) => {
    expect(differingFields({ ...SUBSCRIPTION, [field]: OTHERWISE[field] }, SUBSCRIPTION)).toEqual([field]);
  });

  test("is the same whatever objects its dates are", () => {
    expect(differingFields(structuredClone(SUBSCRIPTION), SUBSCRIPTION)).toEqual([]);
    expect(differingFields(OTHERWISE, SUBSCRIPTION)).toEqual(FIELDS);
  });

  test.each<[ReturnType<typeof subscriptionVerdict>, Comparable, bigint | null]>([
    ["missing", SUBSCRIPTION, null],
    ["same", SUBSCRIPTION, 4n],
    ["same", SUBSCRIPTION, 5n],
    ["differs", OTHERWISE, 5n],
    // Read after the list was: the list is what is old.
    ["newer", OTHERWISE, 6n],
    ["newer", SUBSCRIPTION, 6n],
  ])("is %s", (verdict, copy, fence) => {
    const ours = fence === null ? undefined : { ...copy, fence };
    expect(subscriptionVerdict(SUBSCRIPTION, ours, 5n)).toBe(verdict);
  });
});

test.each([
  [0, 0, false],
  // Nothing of ours at all: so it is with the key of another account, however little there is.
  [1, 0, true],
  [10, 0, true],
  [1, 1, false],
  [10, 1, false],
  [11, 1, true],
  [11, 109, true],
  [11, 110, false],
  [500, 100_000, false],
])("%i copies that are not listed beside %i that are: beyond belief is %s", (unlisted, listed, doubted) => {
  expect(isImplausible({ unlisted, listed })).toBe(doubted);
});

describe("where a sweep stands", () => {
  test("is kept and read as it was", () => {
    const state: SweepState = {
      ...{ phase: "settling", after: "1:sub_1", listed: 7, settlesAt: 1_700_000_000_000 },
      suspects: [{ id: "sub_2", mark: "42" }],
      unlisted: [{ id: "sub_3", mark: "" }],
      gone: ["sub_4"],
    };
    expect(readState(writeState(state))).toEqual(state);
    expect(readState(null)).toEqual(BEGINNING);
  });

  test.each(["", "{}", "sub_1", '{"phase":"listing"}'])("is not made up from %j", (text) => {
    expect(() => readState(text)).toThrow();
  });
});
