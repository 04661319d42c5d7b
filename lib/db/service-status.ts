import { env } from "@/lib/env";
import { errorFields, logger } from "@/lib/logger";
import { processSingleton } from "@/lib/process-singleton";
import { type ProviderName, paymentsScope, providerMode } from "@/lib/provider-scope";
import { systemClock } from "@/lib/resilience/clock";
import { createCachedReading } from "@/lib/status/cached-reading";
import { historyStart } from "@/lib/status/daily-history";
import { type ServiceStatus, serviceStatusFrom } from "@/lib/status/service-status";
import { db } from "./client";
import { toDatabase } from "./enum-names";
import { listCircuits, listStatuses, type ProviderInMode, transitionsSince } from "./integration-health";

const FRESH_MS = 2_000;
/** A page waits no longer for it; it is a few small statements. */
const PATIENCE_MS = 1_000;

function inMode(provider: ProviderName): ProviderInMode {
  return { provider, mode: providerMode(provider) };
}

/** Since when calls are counted, and with them circuits kept: the beginning of what the bars can say. */
async function recordedSince(scopes: readonly ProviderInMode[]): Promise<Date | null> {
  const rows = await db().$queryRaw<{ at: Date | null }[]>`
    SELECT MIN(first.at) AS at
      FROM unnest(${scopes.map(({ provider }) => provider)}::text[],
                  ${scopes.map(({ mode }) => toDatabase(mode))}::text[]) AS scope (provider, mode),
           unnest(enum_range(NULL::call_effect)) AS effects (effect),
           unnest(enum_range(NULL::metric_resolution)) AS resolutions (resolution),
           LATERAL (SELECT metric.at FROM integration_metric AS metric
                     WHERE metric.provider = scope.provider AND metric.mode = scope.mode::provider_mode
                       AND metric.effect = effects.effect AND metric.resolution = resolutions.resolution
                     ORDER BY metric.at LIMIT 1) AS first`;
  return rows[0]?.at ?? null;
}

async function read(): Promise<ServiceStatus> {
  const now = new Date();
  const { provider, mode } = paymentsScope();
  const payments = { provider, mode };
  const first = inMode(env.EMAIL_PROVIDER);
  const others = env.EMAIL_FALLBACK_PROVIDER ? [inMode(env.EMAIL_FALLBACK_PROVIDER)] : [];
  const scopes = [payments, first, ...others];
  const [circuits, steps, seen, countedSince] = await Promise.all([
    listCircuits(scopes),
    transitionsSince(scopes, historyStart(now)),
    listStatuses(scopes),
    recordedSince(scopes),
  ]);
  const providers = { payments, email: [first, ...others] as const };
  return serviceStatusFrom({ circuits, steps, seen, providers, recordedSince: countedSince, now });
}

/**
 * How the service is doing, from local tables alone, read once in two seconds a process however many ask; null where
 * the database does not say in time.
 */
export function serviceStatus(): Promise<ServiceStatus | null> {
  return processSingleton("service-status", () =>
    createCachedReading({
      read,
      freshMs: FRESH_MS,
      patienceMs: PATIENCE_MS,
      clock: systemClock,
      onFailure: (error) => logger.error(errorFields(error), "the service status could not be read"),
    }),
  )();
}
