import type { Confirmation } from "@/components/forms/confirm-form";
import type { Effect } from "@/lib/resilience/call";
import type { CapabilityView } from "../_view/capability-view";
import { subjectWords } from "../_view/capability-words";
import type { CircuitTimes } from "../_view/circuit-words";
import { overrideCircuitAction } from "../actions";

/** What an operator may do to a breaker by hand. */
type CircuitOverride = "open" | "close" | "reset";

interface OverrideWords {
  trigger: string;
  title: (subject: string) => string;
  description: string;
  pendingLabel: string;
}

export const OVERRIDE_WORDS: Record<CircuitOverride, OverrideWords> = {
  open: {
    trigger: "Hold open",
    title: (subject) => `Hold ${subject} open?`,
    description:
      "From then on these calls fail at once and nothing reaches the provider, until an operator closes the breaker. People are told that this is not available right now.",
    pendingLabel: "Opening…",
  },
  close: {
    trigger: "Close",
    title: (subject) => `Close the breaker for ${subject}?`,
    description:
      "Calls go to the provider again at once. If it still fails, the breaker opens again by itself.",
    pendingLabel: "Closing…",
  },
  reset: {
    trigger: "Reset",
    title: (subject) => `Reset the breaker for ${subject}?`,
    description:
      "Closes it, forgets the failures that it has counted, and no longer waits where the provider asked for fewer calls.",
    pendingLabel: "Resetting…",
  },
};

/** What would change something. */
export function overridesFor(circuit: CircuitTimes | null): CircuitOverride[] {
  if (circuit === null || circuit.state === "closed") return ["open", "reset"];
  const isHeldOpen = circuit.state === "open" && circuit.cause === "operator";
  return isHeldOpen ? ["close", "reset"] : ["open", "close", "reset"];
}

interface OverrideTarget {
  /** "payments, writes" */
  subject: string;
  provider: string;
  effect: Effect;
  override: CircuitOverride;
}

export function overrideConfirmation({
  subject,
  provider,
  effect,
  override,
}: OverrideTarget): Confirmation<undefined> {
  const words = OVERRIDE_WORDS[override];
  return {
    title: words.title(subject),
    description: (
      <>
        <p>{words.description}</p>
        <p>It holds for every instance of the app, and is noted in the audit log under your name.</p>
      </>
    ),
    confirmLabel: words.trigger,
    pendingLabel: words.pendingLabel,
    keepLabel: "Keep as it is",
    danger: override === "open",
    fields: { provider, effect, override },
    action: overrideCircuitAction,
  };
}

/** The address of the same question as a page. */
export function overrideHref({ provider, effect, override }: Omit<OverrideTarget, "subject">): string {
  return `/admin/integrations?${new URLSearchParams({ confirm: override, provider, effect })}`;
}

function isOverride(word: unknown): word is CircuitOverride {
  return typeof word === "string" && word in OVERRIDE_WORDS;
}

/** What such an address asks for; null where that would change nothing, or there is no such breaker. */
export function askedOverride(
  query: Record<string, string | string[] | undefined>,
  views: readonly CapabilityView[],
): Confirmation<undefined> | null {
  const { confirm: override, provider, effect } = query;
  const asked = views.find(({ capability }) => capability.configuration?.provider === provider);
  const breaker = asked?.breakers.find((one) => one.effect === effect);
  if (!isOverride(override) || typeof provider !== "string" || !asked || !breaker) return null;
  if (!overridesFor(breaker.circuit).includes(override)) return null;
  const subject = subjectWords(asked.capability.id, breaker.effect);
  return overrideConfirmation({ subject, provider, effect: breaker.effect, override });
}
