"use client";

import { useState } from "react";
import { formatCount, formatLatency, formatStep } from "@/app/(admin)/admin/_view/format";
import { Table, TableCell, TableHead } from "@/components/ui/table";
import type { ChartSeries } from "../_view/chart-series";
import { OUTCOME_GROUPS } from "../_view/outcome-words";

/** The charts' figures in words: the steps in which something happened, the newest first. */
export function ChartTable({ subject, series }: { subject: string; series: ChartSeries }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="inline-flex min-h-10 items-center rounded-md text-sm font-medium text-accent underline decoration-accent/40 underline-offset-4 hover:decoration-accent">
        Show as a table
      </summary>
      {open ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        <section aria-label={`${subject}: figures`} tabIndex={0} className="mt-2 max-h-80 overflow-auto">
          <Table className="text-right whitespace-nowrap tabular-nums">
            <thead>
              <tr>
                <TableHead className="text-left">From (UTC)</TableHead>
                {OUTCOME_GROUPS.map(({ key, label }) => (
                  <TableHead key={key}>{label}</TableHead>
                ))}
                <TableHead>p50</TableHead>
                <TableHead>p95</TableHead>
                <TableHead>p99</TableHead>
              </tr>
            </thead>
            <tbody>
              {series.points.toReversed().map((point) => (
                <tr key={point.at}>
                  <TableCell className="text-left">{formatStep(point.at, series.stepMs)}</TableCell>
                  {OUTCOME_GROUPS.map(({ key }) => (
                    <TableCell key={key}>{formatCount(point[key])}</TableCell>
                  ))}
                  <TableCell>{formatLatency(point.p50)}</TableCell>
                  <TableCell>{formatLatency(point.p95)}</TableCell>
                  <TableCell>{formatLatency(point.p99)}</TableCell>
                </tr>
              ))}
            </tbody>
          </Table>
        </section>
      ) : null}
    </details>
  );
}
