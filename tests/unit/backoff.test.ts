import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextAttempt } from "@/lib/pump/backoff";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
const base = {
  attempts: 1,
  ageMs: 0,
  retryable: true,
  retryAfterMs: null,
  heldBack: false,
  random: 0.999_999_999_9,
};
const delayOf = (changes: Partial<Parameters<typeof nextAttempt>[0]>) => {
  const next = nextAttempt({ ...base, ...changes });
  return next.kind === "retry" ? next.delayMs : null;
};

describe("the next attempt", () => {
  test("waits up to 1 s, 2 s, 4 s … and at most an hour", () => {
    expect([1, 2, 3, 4, 12, 13, 30, 2_000].map((attempts) => delayOf({ attempts }))).toEqual([
      1 * SECOND,
      2 * SECOND,
      4 * SECOND,
      8 * SECOND,
      2_048 * SECOND,
      HOUR,
      HOUR,
      HOUR,
    ]);
  });

  test("is spread over the whole time, so that what failed together does not come back together", () => {
    expect(delayOf({ attempts: 5, random: 0 })).toBe(0);
    expect(delayOf({ attempts: 5, random: 0.5 })).toBe(8 * SECOND);
  });

  test("waits for as long as the vendor asks, and never less", () => {
    expect(delayOf({ attempts: 1, retryAfterMs: 90 * SECOND })).toBe(90 * SECOND);
    expect(delayOf({ attempts: 30, retryAfterMs: 90 * SECOND })).toBe(HOUR);
  });

  test("is not put off for ever by a vendor that asks for nonsense", () => {
    expect(delayOf({ retryAfterMs: 1e15 })).toBe(3 * DAY);
    expect(delayOf({ retryAfterMs: -5_000 })).toBe(SECOND);
  });

  test("is given up after three days, or when it cannot help", () => {
    expect(nextAttempt({ ...base, ageMs: 3 * DAY })).toMatchObject({ kind: "retry" });
    expect(nextAttempt({ ...base, ageMs: 3 * DAY + 1 })).toEqual({ kind: "dead" });
    expect(nextAttempt({ ...base, retryable: false })).toEqual({ kind: "dead" });
  });

  test("of what was held back comes when the vendor may be asked again, and uses up no attempt", () => {
    const heldBack = { ...base, attempts: 12, heldBack: true, random: 0.5 };
    expect(nextAttempt({ ...heldBack, retryAfterMs: 12_000 })).toEqual({ kind: "wait", delayMs: 12_500 });
    expect(nextAttempt({ ...heldBack, retryAfterMs: 0 })).toEqual({ kind: "wait", delayMs: 500 });
    // Held open by hand: nobody knows until when.
    expect(nextAttempt(heldBack)).toEqual({ kind: "wait", delayMs: 30_500 });
    expect(nextAttempt({ ...heldBack, ageMs: 3 * DAY + 1 })).toEqual({ kind: "dead" });
    expect(nextAttempt({ ...heldBack, retryAfterMs: 1e15, random: 0 })).toEqual({
      kind: "wait",
      delayMs: 3 * DAY,
    });
  });

  test("is always a whole number of milliseconds within bounds", () => {
    fc.assert(
      fc.property(
        fc.record({
          attempts: fc.integer({ min: 1, max: 1_000_000 }),
          ageMs: fc.integer({ min: 0, max: 3 * DAY }),
          random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
          retryAfterMs: fc.option(fc.integer({ min: 0, max: DAY })),
        }),
        (input) => {
          const next = nextAttempt({ ...input, retryable: true, heldBack: false });
          if (next.kind !== "retry") throw new Error("young and retryable");
          expect(Number.isInteger(next.delayMs)).toBe(true);
          expect(next.delayMs).toBeGreaterThanOrEqual(input.retryAfterMs ?? 0);
          expect(next.delayMs).toBeLessThanOrEqual(Math.max(HOUR, input.retryAfterMs ?? 0));
        },
      ),
    );
  });
});
