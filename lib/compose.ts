/**
 * The composition root: what factories are handed and may not reach for themselves. A capability's index.ts takes from
 * here; nothing here imports a provider.
 */
import { randomUUID } from "node:crypto";
import { alertHooks } from "@/lib/alerts/alert-hooks";
import { createPostgresCircuitStore } from "@/lib/db/circuit-store";
import { db, integrationPool } from "@/lib/db/client";
import { createPostgresTelemetrySink } from "@/lib/db/telemetry";
import { loggingHooks } from "@/lib/integration-log";
import { logger } from "@/lib/logger";
import { enqueueAuthMail } from "@/lib/outbox/auth-mail";
import { processSingleton } from "@/lib/process-singleton";
import { type ProviderName, providerMode } from "@/lib/provider-scope";
import { requestContext } from "@/lib/request-context";
import { type CircuitBreakers, createCircuitBreakers } from "@/lib/resilience/circuit-breaker";
import type { CircuitStore } from "@/lib/resilience/circuit-store";
import { systemClock } from "@/lib/resilience/clock";
import { tellAll } from "@/lib/resilience/hooks";
import { createPolicy, type Policy } from "@/lib/resilience/policy";
import { createTelemetry, type Telemetry } from "@/lib/resilience/telemetry";
import { tracingHooks } from "@/lib/tracing";

/** The circuits that all instances share. */
export function circuitStore(): CircuitStore {
  return processSingleton("circuit-store", () => createPostgresCircuitStore(integrationPool()));
}

/** This process's view of them. */
export function circuitBreakers(): CircuitBreakers {
  return processSingleton("circuit-breakers", () =>
    createCircuitBreakers({
      store: circuitStore(),
      clock: systemClock,
      newOwner: randomUUID,
      hooks: tellAll(loggingHooks, alertHooks),
    }),
  );
}

/** What this process has seen of its vendors, on its way to the database. */
export function telemetry(): Telemetry {
  return processSingleton("telemetry", () =>
    createTelemetry({
      clock: systemClock,
      sink: createPostgresTelemetrySink(integrationPool()),
      onDropped: (calls) => logger.error({ calls }, "telemetry given up: the database was away for too long"),
    }),
  );
}

/** The one policy through which this process calls a provider: budget and limits are shared by all its callers. */
export function policyFor(provider: ProviderName): Policy {
  return processSingleton(`policy:${provider}`, () =>
    createPolicy({
      provider,
      mode: providerMode(provider),
      breakers: circuitBreakers(),
      context: requestContext,
      hooks: {
        ...tellAll(telemetry().hooks, loggingHooks, alertHooks, tracingHooks),
        around: tracingHooks.around,
      },
    }),
  );
}

/** What the embedded auth provider keeps its own tables with, and what it hands mails to. */
export const authDeps = { database: db, enqueueMail: enqueueAuthMail };
