"use client";

import { type ReactNode, useId } from "react";
import {
  Bar,
  BarChart,
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatCount, formatLatency, formatStep } from "@/app/(admin)/admin/_view/format";
import { type ChartPoint, type ChartSeries, everyStep } from "../_view/chart-series";
import { OUTCOME_GROUPS, type OutcomeGroup } from "../_view/outcome-words";
import { ChartTable } from "./chart-table";

const GROUP_COLOUR: Record<Exclude<OutcomeGroup, "heldBack">, string> = {
  answered: "var(--accent)",
  refused: "var(--muted)",
  throttled: "var(--warning)",
  failed: "var(--critical)",
};

const LATENCIES = [
  { key: "p50", label: "p50", dash: undefined, colour: "var(--accent)" },
  { key: "p95", label: "p95", dash: "6 3", colour: "var(--warning)" },
  { key: "p99", label: "p99", dash: "2 2", colour: "var(--critical)" },
] as const;

const TICK = { fill: "var(--muted)", fontSize: 12 };
const AXIS = { tick: TICK, tickLine: false, axisLine: false } as const;
/** One for both charts, so that their times stand below each other. */
const Y_AXIS_WIDTH = 60;
const MARGIN = { top: 8, right: 8, bottom: 0, left: 0 };
const TOOLTIP = {
  isAnimationActive: false,
  separator: ": ",
  contentStyle: {
    background: "var(--surface)",
    border: "1px solid var(--line)",
    borderRadius: "0.5rem",
    fontSize: "0.875rem",
  },
  itemStyle: { color: "var(--ink)" },
  labelStyle: { color: "var(--muted)" },
  cursor: { fill: "var(--sunken)", stroke: "var(--line-strong)", strokeWidth: 0 },
} as const;

/** How moments are written below the charts and beside the pointer. */
const moments = (stepMs: number) => ({
  tick: (at: number) => formatStep(at, stepMs),
  label: (at: ReactNode) => `${formatStep(Number(at), stepMs)} UTC`,
});

interface PlotProps {
  title: string;
  legend: readonly { key: string; label: string; swatch: ReactNode }[];
  children: ReactNode;
}

/** The drawing is for the eye alone; the same figures stand in the table below. */
function Plot({ title, legend, children }: PlotProps) {
  return (
    <figure>
      <figcaption className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 text-sm">
        <span className="font-medium">{title}</span>
        <ul className="flex flex-wrap gap-x-4 gap-y-1 text-muted">
          {legend.map(({ key, label, swatch }) => (
            <li key={key} className="flex items-center gap-1.5">
              <svg viewBox="0 0 16 8" aria-hidden="true" className="h-2 w-4 shrink-0">
                {swatch}
              </svg>
              {label}
            </li>
          ))}
        </ul>
      </figcaption>
      <div aria-hidden="true" className="mt-3 h-36">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height: 144 }}>
          {children}
        </ResponsiveContainer>
      </div>
    </figure>
  );
}

/** Lines rather than a colour: what was never sent is told apart from what was, by any eye. */
function Hatching({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={id} width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="4" height="4" fill="var(--sunken)" />
        <rect width="1.5" height="4" fill="var(--muted)" />
      </pattern>
    </defs>
  );
}

interface ChartProps {
  points: ChartPoint[];
  stepMs: number;
}

function CallsChart({ points, stepMs, perStep }: ChartProps & { perStep: string }) {
  const hatching = `hatching-${useId()}`;
  const fill = (key: OutcomeGroup) => (key === "heldBack" ? `url(#${hatching})` : GROUP_COLOUR[key]);
  const groups = OUTCOME_GROUPS.filter(
    ({ key }) => key === "answered" || points.some((point) => point[key] > 0),
  );
  const legend = groups.map(({ key, label }) => ({
    key,
    label,
    swatch: (
      <>
        {key === "heldBack" ? <Hatching id={`${hatching}-legend`} /> : null}
        <rect
          width="16"
          height="8"
          rx="2"
          fill={key === "heldBack" ? `url(#${hatching}-legend)` : fill(key)}
        />
      </>
    ),
  }));
  return (
    <Plot title={`Calls ${perStep}`} legend={legend}>
      <BarChart data={points} margin={MARGIN} accessibilityLayer={false} barCategoryGap={1}>
        <Hatching id={hatching} />
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis {...AXIS} dataKey="at" tickFormatter={moments(stepMs).tick} minTickGap={40} />
        <YAxis {...AXIS} width={Y_AXIS_WIDTH} allowDecimals={false} tickFormatter={formatCount} />
        <Tooltip {...TOOLTIP} labelFormatter={moments(stepMs).label} />
        {groups.map(({ key, label }) => (
          <Bar
            key={key}
            dataKey={key}
            name={label}
            stackId="calls"
            fill={fill(key)}
            isAnimationActive={false}
          />
        ))}
      </BarChart>
    </Plot>
  );
}

function LatencyChart({ points, stepMs }: ChartProps) {
  const legend = LATENCIES.map(({ key, label, dash, colour }) => ({
    key,
    label,
    swatch: <path d="M0 4h16" stroke={colour} strokeWidth="2" strokeDasharray={dash} />,
  }));
  return (
    <Plot title="Time to an answer" legend={legend}>
      <LineChart data={points} margin={MARGIN} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis {...AXIS} dataKey="at" tickFormatter={moments(stepMs).tick} minTickGap={40} />
        <YAxis {...AXIS} width={Y_AXIS_WIDTH} tickFormatter={formatLatency} />
        <Tooltip
          {...TOOLTIP}
          labelFormatter={moments(stepMs).label}
          formatter={(value) => formatLatency(Number(value))}
        />
        {LATENCIES.map(({ key, label, dash, colour }) => (
          <Line
            key={key}
            dataKey={key}
            name={label}
            stroke={colour}
            strokeWidth={2}
            strokeDasharray={dash}
            // Single minutes between quiet ones would be lines of no length.
            dot={{ r: 2, strokeDasharray: "0", fill: colour }}
            isAnimationActive={false}
          />
        ))}
      </LineChart>
    </Plot>
  );
}

interface ChartsProps {
  /** What the series is of: "Payments, writes". */
  subject: string;
  series: ChartSeries;
  /** "a minute" */
  perStep: string;
}

/** Calls by outcome and latencies over time, as drawings and as a table. */
export function Charts({ subject, series, perStep }: ChartsProps) {
  const points = everyStep(series);
  return (
    <div className="space-y-6">
      <CallsChart points={points} stepMs={series.stepMs} perStep={perStep} />
      <LatencyChart points={points} stepMs={series.stepMs} />
      <ChartTable subject={subject} series={series} />
    </div>
  );
}
