/** What a breaker is doing, in words: its state, why, and what happens next. */

import { formatSpan, secondsUntil } from "@/app/(admin)/admin/_view/format";
import type { Tone } from "@/lib/billing/status";
import type { CircuitView } from "@/lib/db/integration-health";
import { kindWords } from "./outcome-words";

/** What the words are made from; a breaker without a history is closed. */
export type CircuitTimes = Pick<
  CircuitView,
  "state" | "since" | "cause" | "probeAt" | "probeLeaseUntil" | "throttledUntil"
>;

export interface CircuitWords {
  /** Shown as a badge. */
  label: string;
  tone: Tone;
}

/** A state by itself, as history has it. */
export function stateWords(state: CircuitTimes["state"]): CircuitWords {
  switch (state) {
    case "open":
      return { label: "Open", tone: "critical" };
    case "half_open":
      return { label: "Half-open", tone: "warning" };
    case "closed":
      return { label: "Closed", tone: "positive" };
    default:
      return state satisfies never;
  }
}

function isThrottled({ throttledUntil }: CircuitTimes, now: number): boolean {
  return throttledUntil !== null && throttledUntil.getTime() > now;
}

/** @param now in milliseconds */
export function circuitWords(circuit: CircuitTimes | null, now: number): CircuitWords {
  if (circuit === null) return stateWords("closed");
  if (circuit.state === "open" && circuit.cause === "operator")
    return { label: "Held open", tone: "critical" };
  if (circuit.state === "closed" && isThrottled(circuit, now)) return { label: "Throttled", tone: "warning" };
  return stateWords(circuit.state);
}

/** For how long it has not been closed like this, and why; null while it is closed. */
export function circuitReason(circuit: CircuitTimes | null, now: number): string | null {
  if (circuit === null || circuit.state === "closed") return null;
  const { label } = circuitWords(circuit, now);
  const state = `${label} for ${formatSpan(now - circuit.since.getTime())}`;
  if (circuit.cause === null) return `${state}.`;
  if (circuit.cause === "operator") return `${state}, by an operator.`;
  return `${state}. Last failure: ${kindWords(circuit.cause).toLowerCase()}.`;
}

/** What happens next, and when. */
export function nextStep(circuit: CircuitTimes | null, now: number): string {
  if (circuit?.state === "open") return afterOpen(circuit, now);
  if (circuit?.state === "half_open") return afterProbe(circuit, now);
  if (circuit?.throttledUntil && isThrottled(circuit, now)) {
    return `Calls wait: the provider asked for ${secondsUntil(circuit.throttledUntil, now)} s more.`;
  }
  return "Calls go through.";
}

function afterOpen({ probeAt }: CircuitTimes, now: number): string {
  if (probeAt === null) return "Calls fail at once until an operator closes it.";
  const seconds = secondsUntil(probeAt, now);
  if (seconds === 0) return "Calls fail at once. A probe is due.";
  return `Calls fail at once. Probe in ${seconds} s.`;
}

function afterProbe({ probeLeaseUntil }: CircuitTimes, now: number): string {
  const seconds = probeLeaseUntil === null ? 0 : secondsUntil(probeLeaseUntil, now);
  if (seconds === 0) return "The probe was lost. Another one is due.";
  return `One probe is under way; all others fail at once. Another one may go in ${seconds} s.`;
}

/** Whether the words change with each second, without anything having happened. */
export function isCountingDown(circuit: CircuitTimes | null, now: number): boolean {
  if (circuit === null) return false;
  const moments = [circuit.probeAt, circuit.probeLeaseUntil, circuit.throttledUntil];
  return circuit.state !== "closed" || moments.some((moment) => moment !== null && moment.getTime() > now);
}
