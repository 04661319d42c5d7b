/** Puts together what the tables say of each capability. */
import type { MetricSeries } from "@/lib/db/call-metrics";
import type { CircuitView, ProviderInMode, StatusView } from "@/lib/db/integration-health";
import type { Effect } from "@/lib/resilience/call";
import type { Capability, CapabilityId } from "@/lib/use-cases/operations/list-capabilities";

export interface BreakerView {
  effect: Effect;
  /** Null where it has no history: it is closed. */
  circuit: CircuitView | null;
  /** Null before the first call. */
  status: StatusView | null;
  series: MetricSeries | null;
}

export interface CapabilityView {
  capability: Capability;
  /** Reads before writes; none where no vendor is called. */
  breakers: BreakerView[];
  /** Null where none came yet; undefined where the provider sends none. */
  lastWebhookAt: Date | null | undefined;
}

export interface ConsoleRows {
  circuits: readonly CircuitView[];
  statuses: readonly StatusView[];
  series: readonly MetricSeries[];
  webhooks: readonly { provider: string; at: Date }[];
}

const SENDING_WEBHOOKS: readonly CapabilityId[] = ["payments", "email", "email-fallback"];

/** The providers that calls go to, and so the rows that the page is about. */
export function calledProviders(capabilities: readonly Capability[]): ProviderInMode[] {
  return capabilities.flatMap(({ configuration, effects }) =>
    effects.length > 0 && configuration?.mode
      ? [{ provider: configuration.provider, mode: configuration.mode }]
      : [],
  );
}

/** The providers that tell the app of what happened there. */
export function webhookProviders(capabilities: readonly Capability[]): string[] {
  return capabilities.flatMap(({ id, configuration }) =>
    configuration !== null && SENDING_WEBHOOKS.includes(id) ? [configuration.provider] : [],
  );
}

export function capabilityViews(capabilities: readonly Capability[], rows: ConsoleRows): CapabilityView[] {
  return capabilities.map((capability) => {
    const { id, configuration } = capability;
    const lastWebhookAt = SENDING_WEBHOOKS.includes(id)
      ? (rows.webhooks.find(({ provider }) => provider === configuration?.provider)?.at ?? null)
      : undefined;
    return { capability, breakers: breakerViews(capability, rows), lastWebhookAt };
  });
}

function breakerViews({ configuration, effects }: Capability, rows: ConsoleRows): BreakerView[] {
  if (configuration === null) return [];
  return effects.map((effect) => {
    const isOfThis = (row: ProviderInMode & { effect: Effect }) =>
      row.provider === configuration.provider && row.mode === configuration.mode && row.effect === effect;
    return {
      effect,
      circuit: rows.circuits.find(isOfThis) ?? null,
      status: rows.statuses.find(isOfThis) ?? null,
      series: rows.series.find(isOfThis) ?? null,
    };
  });
}
