/**
 * Several processes that share breakers through one Postgres, a vendor that counts what reaches it, and a door between
 * them and the database that can be held shut. Used by the reliability suite (6 processes) and by the bench (50).
 */
import { type ChildProcess, fork } from "node:child_process";
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { CircuitRules } from "@/lib/resilience/circuit-state";
import { withClient } from "@/scripts/stack/database-client";
import { openDoor } from "./reliability-door";

export interface FleetSettings {
  databaseUrl: string;
  vendorUrl: string;
  callsPerSecond: number;
  /** Milliseconds. */
  attemptMs: number;
  rules: CircuitRules;
}
export type FleetOrder = "start";

/** One call, as the instance that made it saw it. */
export interface InstanceReport {
  /** Unix milliseconds. */
  at: number;
  durationMs: number;
  outcome: string;
}

/** One call, as the vendor saw it. */
export interface Hit {
  at: number;
  pid: number;
  failed: boolean;
}

type Health = "healthy" | "failing" | "hanging";

export interface Instance {
  pid: number;
  reports: InstanceReport[];
  kill(): void;
}

export type Fleet = Awaited<ReturnType<typeof startFleet>>;

const WORKER = fileURLToPath(new URL("./fleet-worker.ts", import.meta.url));

async function listen(server: {
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
}): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function startVendor() {
  const hits: Hit[] = [];
  const held = new Set<ServerResponse>();
  let health: Health = "healthy";
  const server = createHttpServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const failed = health !== "healthy";
    hits.push({ at: Date.now(), pid: Number(request.headers["x-instance"]), failed });
    if (health === "hanging") {
      held.add(response);
      return;
    }
    response.statusCode = failed ? 503 : 200;
    response.end("{}");
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    hits,
    become: (next: Health) => {
      health = next;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function startInstance(settings: FleetSettings): Promise<Instance & { child: ChildProcess }> {
  const child = fork(WORKER, {
    execArgv: ["--import", "tsx"],
    env: { PATH: process.env.PATH, NODE_ENV: "test", FLEET_SETTINGS: JSON.stringify(settings) },
  });
  const reports: InstanceReport[] = [];
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", (code) => reject(new Error(`an instance ended with ${code} before it was ready`)));
  });
  child.on("message", (batch: InstanceReport[]) => reports.push(...batch));
  return { child, pid: child.pid ?? 0, reports, kill: () => child.kill("SIGKILL") };
}

/** Starts `size` processes; they call the vendor, which is healthy, from `start()` on. */
export async function startFleet(options: {
  size: number;
  databaseUrl: string;
  rules: CircuitRules;
  callsPerSecond: number;
  attemptMs: number;
}) {
  const { size, databaseUrl, ...rest } = options;
  const vendor = await startVendor();
  const door = await openDoor(new URL(databaseUrl));
  const settings = { ...rest, databaseUrl: door.url, vendorUrl: vendor.url };
  const instances = await Promise.all(Array.from({ length: size }, () => startInstance(settings)));
  return {
    vendor,
    door,
    instances: instances as Instance[],
    start: () => {
      for (const { child } of instances) child.send("start" satisfies FleetOrder);
    },
    stop: async () => {
      door.open();
      await Promise.all(
        instances.map(
          ({ child }) =>
            new Promise<void>((resolve) => {
              if (child.exitCode !== null || child.signalCode !== null) return resolve();
              child.once("exit", () => resolve());
              child.kill("SIGKILL");
            }),
        ),
      );
      await door.stop();
      await vendor.stop();
    },
  };
}

/** Forgets all that was counted and done. */
export async function emptyCircuits(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, (client) =>
    client.query("TRUNCATE integration_circuit, integration_circuit_slot, integration_transition"),
  );
}

/** When the calls that reached the vendor first met the rule; null while they have not. */
export function thresholdAt(hits: readonly Hit[], rules: CircuitRules): number | null {
  for (const [index, { at }] of hits.entries()) {
    const seen = hits.slice(0, index + 1).filter((hit) => hit.at > at - rules.windowMs);
    const failures = seen.filter((hit) => hit.failed).length;
    if (failures >= rules.minimumFailures && failures >= rules.failureShare * seen.length) return at;
  }
  return null;
}

/** When each instance first refused a call by itself after a moment; null where it has not. */
export function firstRefusals(instances: readonly Instance[], since: number): (number | null)[] {
  return instances.map(
    ({ reports }) => reports.find(({ at, outcome }) => at >= since && outcome === "circuit_open")?.at ?? null,
  );
}
