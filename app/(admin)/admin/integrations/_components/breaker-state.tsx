"use client";

import { Badge } from "@/components/ui/badge";
import {
  type CircuitTimes,
  circuitReason,
  circuitWords,
  isCountingDown,
  nextStep,
} from "../_view/circuit-words";
import { useServerTime } from "./use-server-time";

interface BreakerStateProps {
  /** "Reads" or "Writes". */
  title: string;
  headingId: string;
  circuit: CircuitTimes | null;
  renderedAt: Date;
}

/** What a breaker does now and what happens next; counts down by itself between two answers of the server. */
export function BreakerState({ title, headingId, circuit, renderedAt }: BreakerStateProps) {
  const now = useServerTime(renderedAt, isCountingDown(circuit, renderedAt.getTime()));
  const { label, tone } = circuitWords(circuit, now);
  const reason = circuitReason(circuit, now);
  return (
    <div>
      <div className="flex min-h-7 items-center justify-between gap-4">
        <h3 id={headingId} tabIndex={-1} className="font-semibold outline-none">
          {title}
        </h3>
        <Badge tone={tone}>{label}</Badge>
      </div>
      <p className="mt-2 text-sm tabular-nums">{nextStep(circuit, now)}</p>
      {reason === null ? null : <p className="mt-1 text-sm text-muted tabular-nums">{reason}</p>}
    </div>
  );
}
