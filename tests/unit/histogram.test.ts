import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketOf, NEVER_SENT, percentile } from "@/lib/resilience/histogram";

const SHORTEST_MS = 0.1;
const LONGEST_MS = 600_000;
/** Spread over the range as durations are: as many between 1 and 10 as between 10 and 100. */
const duration = fc
  .double({ min: Math.log(SHORTEST_MS), max: Math.log(LONGEST_MS), noNaN: true })
  .map((logarithm) => Math.min(Math.max(Math.exp(logarithm), SHORTEST_MS), LONGEST_MS));
const durations = fc.array(duration, { minLength: 1, maxLength: 200 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

function countsOf(values: number[]): [number, number][] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(bucketOf(value), (counts.get(bucketOf(value)) ?? 0) + 1);
  return [...counts];
}

/** The nearest rank, from the durations themselves. */
function exact(values: number[], of: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(of * values.length)) - 1] ?? Number.NaN;
}

describe("a histogram of durations", () => {
  test("tells any percentile within 10 % of the truth", () => {
    fc.assert(
      fc.property(durations, share, (values, of) => {
        const truth = exact(values, of);
        const told = percentile(countsOf(values), of) ?? Number.NaN;
        expect(Math.abs(told - truth) / truth).toBeLessThanOrEqual(0.1);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is, merged from two, what it would be of all durations together", () => {
    fc.assert(
      fc.property(durations, durations, share, (one, other, of) => {
        const merged = percentile([...countsOf(one), ...countsOf(other)], of);
        expect(merged).toBe(percentile(countsOf([...one, ...other]), of));
      }),
    );
  });

  test("has larger buckets for longer durations", () => {
    fc.assert(
      fc.property(duration, duration, (one, other) => {
        const [shorter, longer] = one < other ? [one, other] : [other, one];
        expect(bucketOf(shorter)).toBeLessThanOrEqual(bucketOf(longer));
      }),
    );
  });

  test("counts what is beyond its range as the range's end, and never as unsent", () => {
    for (const tiny of [0, -5, Number.NaN, 0.000_1]) expect(bucketOf(tiny)).toBe(1);
    expect(bucketOf(SHORTEST_MS)).toBe(1);
    expect(bucketOf(24 * LONGEST_MS)).toBe(bucketOf(LONGEST_MS));
    // Small enough for a small integer column and for few rows.
    expect(bucketOf(LONGEST_MS)).toBeLessThan(100);
  });

  test("has no percentile of nothing, nor of calls that were never sent", () => {
    expect(percentile([], 0.5)).toBeNull();
    expect(percentile(new Map([[NEVER_SENT, 10]]), 0.5)).toBeNull();
    expect(percentile(new Map([[bucketOf(100), 0]]), 0.5)).toBeNull();
  });

  test("does not let calls that were never sent pull a percentile down", () => {
    const sent = [[bucketOf(100), 1]] as const;
    expect(percentile([[NEVER_SENT, 1_000], ...sent], 0.5)).toBe(percentile(sent, 0.5));
  });
});
