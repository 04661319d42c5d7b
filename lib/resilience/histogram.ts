/**
 * Latencies as counts of logarithmic buckets: those of many processes and minutes are merged by adding, and a
 * percentile of the sum is as exact as one of a single count, which no average of percentiles is.
 * Masson and others, "DDSketch" (VLDB 2019), section 2.1.
 */

/** The bucket of what was never sent, and so took no time. */
export const NEVER_SENT = 0;

const SHORTEST_MS = 0.1;
const LONGEST_MS = 10 * 60_000;
/** The bounds of a bucket; an estimate between them is off by at most (1.2 - 1) / (1.2 + 1), 9.1 %. */
const GROWTH = 1.2;
const LAST_BUCKET = Math.ceil(Math.log(LONGEST_MS / SHORTEST_MS) / Math.log(GROWTH));

/** From 1, in order of duration; what is shorter or longer than the range counts as its end. */
export function bucketOf(durationMs: number): number {
  // Also where a clock that was set back makes it negative.
  if (!(durationMs > SHORTEST_MS)) return 1;
  const bucket = Math.ceil(Math.log(durationMs / SHORTEST_MS) / Math.log(GROWTH));
  return Math.min(Math.max(bucket, 1), LAST_BUCKET);
}

/** The value whose relative distance to either bound of the bucket is the same. */
function estimateMs(bucket: number): number {
  return (SHORTEST_MS * 2 * GROWTH ** bucket) / (GROWTH + 1);
}

/**
 * The duration that so large a share of the calls did not exceed, within 10 %; null without calls. The same bucket may
 * come several times; `NEVER_SENT` is passed over.
 * @param share from 0 to 1
 */
export function percentile(
  counts: Iterable<readonly [bucket: number, count: number]>,
  share: number,
): number | null {
  const merged = new Map<number, number>();
  let total = 0;
  for (const [bucket, count] of counts) {
    if (bucket === NEVER_SENT || count === 0) continue;
    merged.set(bucket, (merged.get(bucket) ?? 0) + count);
    total += count;
  }
  // Nearest rank: the answer stands for a call that was made.
  const rank = Math.max(1, Math.ceil(share * total));
  let passed = 0;
  for (const bucket of [...merged.keys()].sort((a, b) => a - b)) {
    passed += merged.get(bucket) ?? 0;
    if (passed >= rank) return estimateMs(bucket);
  }
  return null;
}
