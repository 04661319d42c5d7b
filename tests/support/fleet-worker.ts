/** One instance of a fleet: makes calls at a steady rate through a policy over shared circuits, and tells its parent. */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { createPostgresCircuitStore } from "@/lib/db/circuit-store";
import { IntegrationError, isIntegrationError } from "@/lib/errors/integration-error";
import { createCircuitBreakers } from "@/lib/resilience/circuit-breaker";
import { systemClock } from "@/lib/resilience/clock";
import { CALL_LIMITS, createPolicy } from "@/lib/resilience/policy";
import type { FleetOrder, FleetSettings, InstanceReport } from "./fleet";

/** As a long-lived process of the app does it. */
const FLUSH_MS = 1_000;
const REPORT_MS = 50;

const settings: FleetSettings = JSON.parse(process.env.FLEET_SETTINGS ?? "");
const pool = new pg.Pool({
  connectionString: settings.databaseUrl,
  max: 2,
  connectionTimeoutMillis: 1_000,
  query_timeout: 1_000,
});
pool.on("error", () => undefined);

const breakers = createCircuitBreakers({
  store: createPostgresCircuitStore(pool, settings.rules),
  clock: systemClock,
  newOwner: randomUUID,
  rules: settings.rules,
});
const limits = { ...CALL_LIMITS.read, attempts: 1, attemptMs: settings.attemptMs };
const policy = createPolicy({
  provider: "acme",
  mode: "test",
  breakers,
  limits: { ...CALL_LIMITS, read: limits },
});

let reports: InstanceReport[] = [];

async function call(): Promise<void> {
  const startedAt = performance.now();
  const outcome = await policy({ operation: "thing.read", effect: "read" }, async ({ signal }) => {
    const response = await fetch(settings.vendorUrl, {
      signal,
      headers: { "x-instance": String(process.pid) },
    });
    await response.text();
    if (!response.ok)
      throw new IntegrationError("unavailable", { provider: "acme", operation: "thing.read" });
  }).then(
    () => "ok" as const,
    (error: unknown) => (isIntegrationError(error) ? error.kind : "unknown"),
  );
  reports.push({ at: Date.now(), durationMs: performance.now() - startedAt, outcome });
}

/** Nothing may outlive the parent. */
process.on("disconnect", () => process.exit());

const timers: NodeJS.Timeout[] = [];
process.on("message", (order: FleetOrder) => {
  if (order !== "start") return;
  timers.push(setInterval(() => void call(), 1_000 / settings.callsPerSecond));
});
timers.push(setInterval(() => void breakers.flush(), FLUSH_MS));
timers.push(
  setInterval(() => {
    process.send?.(reports);
    reports = [];
  }, REPORT_MS),
);
// The first connection is made before the clock runs.
await breakers.flush();
process.send?.([]);
