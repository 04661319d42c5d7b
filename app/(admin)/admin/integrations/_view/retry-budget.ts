/** How much of the retry budget was used. Its rules are those that each process keeps for itself. */
import type { MetricSeries } from "@/lib/db/call-metrics";
import { RETRY_BUDGET } from "@/lib/resilience/retry-budget";
import { heldBackCalls } from "./outcome-words";

export interface RetryBudgetUse {
  /** Attempts that reached for the provider. */
  calls: number;
  /** Of these, those that were not the first one. */
  retries: number;
  /** Retries that were not made because the budget was used up. */
  refused: number;
  /** Share of one process's budget in the step of time that used most of it; above 1 only where several shared the work. */
  peakUse: number;
}

const MINUTE_MS = 60_000;

/**
 * Reads and writes of one provider share a budget.
 * @param stepMs how long each point of the series is
 */
export function retryBudgetUse(series: readonly MetricSeries[], stepMs: number): RetryBudgetUse {
  const use: RetryBudgetUse = { calls: 0, retries: 0, refused: 0, peakUse: 0 };
  const steps = new Map<number, { calls: number; retries: number }>();
  for (const { totals, points } of series) {
    use.calls += totals.calls;
    use.retries += totals.retries;
    use.refused += totals.heldBack.budget;
    for (const point of points) {
      const step = steps.get(point.at.getTime()) ?? { calls: 0, retries: 0 };
      // The budget counts what was asked for, whether or not it was sent; retries are beyond that.
      step.calls += point.calls - point.retries + heldBackCalls(point);
      step.retries += point.retries;
      steps.set(point.at.getTime(), step);
    }
  }
  const reserve = RETRY_BUDGET.reserve * (stepMs / MINUTE_MS);
  for (const { calls, retries } of steps.values()) {
    use.peakUse = Math.max(use.peakUse, retries / (calls * RETRY_BUDGET.share + reserve));
  }
  return use;
}
