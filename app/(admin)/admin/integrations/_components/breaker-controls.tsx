import { ConfirmAction } from "@/components/forms/confirm-action";
import type { Effect } from "@/lib/resilience/call";
import type { CapabilityId } from "@/lib/use-cases/operations/list-capabilities";
import { subjectWords } from "../_view/capability-words";
import type { CircuitTimes } from "../_view/circuit-words";
import { OVERRIDE_WORDS, overrideConfirmation, overrideHref, overridesFor } from "./override-confirmation";

interface BreakerControlsProps {
  capability: CapabilityId;
  provider: string;
  effect: Effect;
  circuit: CircuitTimes | null;
  /** Of the breaker that these are about. */
  headingId: string;
}

export function BreakerControls({ capability, provider, effect, circuit, headingId }: BreakerControlsProps) {
  const subject = subjectWords(capability, effect);
  return (
    <div className="flex flex-wrap gap-2">
      {overridesFor(circuit).map((override) => (
        <ConfirmAction
          key={override}
          {...overrideConfirmation({ subject, provider, effect, override })}
          href={overrideHref({ provider, effect, override })}
          trigger={OVERRIDE_WORDS[override].trigger}
          afterwards={headingId}
          triggerLabel={`${OVERRIDE_WORDS[override].trigger}: ${subject}`}
        />
      ))}
    </div>
  );
}
