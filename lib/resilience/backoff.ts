import type { Random } from "./clock";

export interface Backoff {
  baseMs: number;
  capMs: number;
}

/**
 * How long to wait before trying again: anything up to base × 2ⁿ, capped ("full jitter"), so that callers which failed
 * together do not come back together. `failures` counts from 1.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function fullJitterMs({ baseMs, capMs }: Backoff, failures: number, random: Random): number {
  return random() * Math.min(capMs, baseMs * 2 ** (failures - 1));
}
