import type { ActiveFault, ChaosFault } from "@/lib/sandbox-control";

export const FAULT_BUTTONS: readonly { fault: ChaosFault; label: string }[] = [
  { fault: "slow", label: "Slow (3 s)" },
  { fault: "throttled", label: "Too many (429)" },
  { fault: "error", label: "Error (500)" },
  { fault: "hang", label: "Hang" },
  { fault: "reset", label: "Reset" },
  { fault: "refused", label: "Refuse" },
  { fault: "credentials", label: "Bad credentials (401)" },
];

function kindWords({ kind, status, latencyMs }: ActiveFault): string {
  switch (kind) {
    case "latency":
      return `Slow by ${(latencyMs ?? 0) / 1_000} s`;
    case "status":
      return `Answers ${status}`;
    case "hang":
      return "Hangs";
    case "reset":
      return "Resets connections";
    case "refused":
      return "Refuses connections";
    case "truncate":
      return "Cuts answers short";
    default:
      return "Answers garbage";
  }
}

/** What a fault does, and to which calls where that is not all of them. */
export function faultWords(fault: ActiveFault): string {
  const after = fault.phase === "body" && fault.kind !== "truncate" ? ", after doing what was asked" : "";
  return `${kindWords(fault)}${after}${fault.route === "*" ? "" : ` on ${fault.route}`}`;
}
