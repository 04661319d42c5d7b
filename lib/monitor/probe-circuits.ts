/** Probes circuits that are open and due, so that none stays open for want of a visitor. */
import { circuitStore } from "@/lib/compose";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { email, emailFallback } from "@/lib/integrations/email";
import { payments } from "@/lib/integrations/payments";
import type { ProviderConfiguration } from "@/lib/integrations/provider-configuration";
import { errorFields, logger } from "@/lib/logger";
import { withRequestContext } from "@/lib/request-context";
import type { Effect } from "@/lib/resilience/call";
import { type Circuit, circuitName, isProbeDue } from "@/lib/resilience/circuit-state";

interface Probed {
  configuration: ProviderConfiguration;
  probe(circuit: Effect): Promise<boolean>;
}

/** Whoever can be asked something cheap. The way to whoever is on call cannot: the next alert is its probe. */
function probed(): Probed[] {
  const fallback = emailFallback();
  return [payments(), email(), ...(fallback ? [fallback] : [])];
}

async function probe(provider: Probed, effect: Effect): Promise<void> {
  try {
    await withRequestContext({ origin: "background" }, () => provider.probe(effect));
  } catch (error) {
    // A vendor that is still down is what the circuit has been told by now.
    if (isIntegrationError(error)) return;
    logger.error(
      { provider: provider.configuration.provider, effect, ...errorFields(error) },
      "probe failed",
    );
  }
}

/**
 * For so long (milliseconds) a circuit that is due is left to a call of its own. Our probe is a read, which says little
 * of writes; where there is traffic, or a mail that waits, a write comes by itself within that time and is the probe.
 */
const LEFT_ALONE_MS: Record<Effect, number> = { read: 0, write: 5_000 };
const EFFECTS: readonly Effect[] = ["read", "write"];

/**
 * Starts a probe of each circuit that is due, and that no call has come to probe. Costs one query, and nothing more while every circuit is closed; the
 * store sees to it that one instance alone probes.
 * @returns the probes under way; none of them rejects
 */
export async function startDueProbes(): Promise<Promise<void>[]> {
  const circuits = await circuitStore()
    .read()
    // Out of reach, which the breakers tell by themselves: each process decides alone, with its next call as the probe.
    .catch((): ReadonlyMap<string, Circuit> => new Map());
  const now = Date.now();
  if ([...circuits.values()].every(({ state }) => !isProbeDue(state, now))) return [];
  return probed().flatMap((provider) =>
    EFFECTS.flatMap((effect) => {
      const { configuration } = provider;
      const circuit = circuits.get(circuitName({ ...configuration, effect }));
      const isOurs = circuit && isProbeDue(circuit.state, now - LEFT_ALONE_MS[effect]);
      return isOurs ? [probe(provider, effect)] : [];
    }),
  );
}
