/** Whether this process has more to compute than it comes to: its own work, or that of others on the same cores. */
import { performance } from "node:perf_hooks";

const LOOK_EVERY_MS = 250;
/** The share of the time that the event loop was not waiting for anything. */
const BUSY_FROM = 0.6;

/** Answers for the last stretch of at least a quarter of a second; false before there was one. */
export function createLoopWatch(): () => boolean {
  let seen = performance.eventLoopUtilization();
  let lookedAt = performance.now();
  let isBusy = false;
  return () => {
    const now = performance.now();
    if (now - lookedAt >= LOOK_EVERY_MS) {
      isBusy = performance.eventLoopUtilization(seen).utilization >= BUSY_FROM;
      seen = performance.eventLoopUtilization();
      lookedAt = now;
    }
    return isBusy;
  };
}
