import fc from "fast-check";
import { expect, test } from "vitest";
import { fullJitterMs } from "@/lib/resilience/backoff";

const BACKOFF = { baseMs: 250, capMs: 2_000 };
const almostOne = () => 1 - Number.EPSILON;

test("a backoff grows from failure to failure and stops growing at its cap", () => {
  const longest = [1, 2, 3, 4, 5, 50, 5_000].map((failures) =>
    Math.round(fullJitterMs(BACKOFF, failures, almostOne)),
  );
  expect(longest).toEqual([250, 500, 1_000, 2_000, 2_000, 2_000, 2_000]);
});

test("a backoff may be anything from nothing to its bound, evenly", () => {
  expect(fullJitterMs(BACKOFF, 3, () => 0)).toBe(0);
  expect(fullJitterMs(BACKOFF, 3, () => 0.25)).toBe(250);
  expect(fullJitterMs(BACKOFF, 3, () => 0.75)).toBe(750);
});

test("a backoff never exceeds base × 2ⁿ nor the cap", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 1, max: 100_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (baseMs, failures, capMs, chance) => {
        const waitMs = fullJitterMs({ baseMs, capMs }, failures, () => chance);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(capMs);
        expect(waitMs).toBeLessThanOrEqual(baseMs * 2 ** (failures - 1));
      },
    ),
  );
});
