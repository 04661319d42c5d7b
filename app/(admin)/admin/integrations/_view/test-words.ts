import { formatLatency } from "@/app/(admin)/admin/_view/format";
import type { Tone } from "@/lib/billing/status";
import type { TestResult } from "@/lib/use-cases/operations/test-integration";
import { kindWords } from "./outcome-words";

/** What came of a test, for the operator who asked for it. */
export function testWords(result: TestResult): { tone: Tone; text: string } {
  switch (result.kind) {
    case "answered":
      return { tone: "positive", text: `Answered after ${formatLatency(result.durationMs)}.` };
    case "failed": {
      const details = [
        result.status === null ? null : `HTTP ${result.status}`,
        result.requestId === null ? null : `request ${result.requestId}`,
      ].filter((detail) => detail !== null);
      const after = `after ${formatLatency(result.durationMs)}`;
      return {
        tone: "critical",
        text: `${kindWords(result.failure)} ${after}${details.length === 0 ? "" : ` (${details.join(", ")})`}.`,
      };
    }
    case "queued":
      return {
        tone: "neutral",
        text: "It is in the outbox and goes out in a moment; how that went shows above.",
      };
    case "reported":
      return { tone: "neutral", text: "It was handed over; look for it at the provider." };
    default:
      return result satisfies never;
  }
}
