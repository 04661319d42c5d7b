import type { CapabilityView } from "../_view/capability-view";
import { subjectWords } from "../_view/capability-words";
import { stateWords } from "../_view/circuit-words";

/** For those who listen: which breakers are not closed. Said only when that changes, without the countdowns. */
export function CircuitAnnouncement({ views }: { views: readonly CapabilityView[] }) {
  const troubled = views.flatMap(({ capability, breakers }) =>
    breakers.flatMap(({ effect, circuit }) =>
      circuit === null || circuit.state === "closed"
        ? []
        : [`${subjectWords(capability.id, effect)}: ${stateWords(circuit.state).label.toLowerCase()}`],
    ),
  );
  return (
    <p role="status" className="sr-only">
      {troubled.length === 0 ? "All breakers are closed." : `${troubled.join("; ")}.`}
    </p>
  );
}
