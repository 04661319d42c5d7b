/** What the charts are drawn from: small on the wire, because the page renews itself every second or two. */
import type { MetricPoint, MetricSeries } from "@/lib/db/call-metrics";
import { countByGroup, type OutcomeGroup } from "./outcome-words";

export interface ChartPoint extends Record<OutcomeGroup, number> {
  /** The beginning of the step, in milliseconds. */
  at: number;
  /** Milliseconds; null without calls. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface ChartSeries {
  /** The first step's beginning, in milliseconds. */
  startsAt: number;
  stepMs: number;
  steps: number;
  /** Steps in which something happened, oldest first. */
  points: ChartPoint[];
}

function toPoint(point: MetricPoint): ChartPoint {
  const { at, p50Ms, p95Ms, p99Ms } = point;
  return { at: at.getTime(), ...countByGroup(point), p50: p50Ms, p95: p95Ms, p99: p99Ms };
}

function isEmpty(point: ChartPoint): boolean {
  return point.answered + point.refused + point.throttled + point.failed + point.heldBack === 0;
}

/** Null where nothing happened at all. */
export function chartSeries({ points }: Pick<MetricSeries, "points">, stepMs: number): ChartSeries | null {
  const first = points[0];
  const busy = points.map(toPoint).filter((point) => !isEmpty(point));
  if (first === undefined || busy.length === 0) return null;
  return { startsAt: first.at.getTime(), stepMs, steps: points.length, points: busy };
}

/** Every step, the quiet ones too: a chart's axis is time. */
export function everyStep({ startsAt, stepMs, steps, points }: ChartSeries): ChartPoint[] {
  const byStep = new Map(points.map((point) => [point.at, point]));
  return Array.from({ length: steps }, (_, index) => {
    const at = startsAt + index * stepMs;
    return byStep.get(at) ?? quietStep(at);
  });
}

function quietStep(at: number): ChartPoint {
  return {
    at,
    answered: 0,
    refused: 0,
    throttled: 0,
    failed: 0,
    heldBack: 0,
    p50: null,
    p95: null,
    p99: null,
  };
}
