import type { Ports } from "./env";
import { DEFAULT_PORTS } from "./paths";
import { freePort, isPortFree, portOrNext } from "./ports";
import { waitUntil } from "./processes";

const VARIABLES = {
  app: "PORT",
  stripe: "SANDBOX_STRIPE_PORT",
  resend: "SANDBOX_RESEND_PORT",
  sendgrid: "SANDBOX_SENDGRID_PORT",
  oncall: "SANDBOX_ONCALL_PORT",
  control: "SANDBOX_CONTROL_PORT",
  postgres: "EMBEDDED_PG_PORT",
} as const satisfies Record<keyof Ports, string>;

export type ChosenPorts = { ports: Ports; replaced: { name: keyof Ports; wanted: number; got: number }[] };

/**
 * The fixed ports (or those that the environment names); one that is still busy after `patienceMs` is replaced by the
 * next free one.
 */
export async function choosePorts(values: Record<string, string>, patienceMs = 0): Promise<ChosenPorts> {
  const deadline = Date.now() + patienceMs;
  const ports: Ports = { ...DEFAULT_PORTS };
  const replaced: ChosenPorts["replaced"] = [];
  const taken = new Set<number>();
  for (const name of Object.keys(VARIABLES) as (keyof Ports)[]) {
    const wanted = wantedPort(name, values);
    await waitUntil(() => isPortFree(wanted), deadline - Date.now());
    const got = await portOrNext(wanted, taken);
    taken.add(got);
    ports[name] = got;
    if (got !== wanted) replaced.push({ name, wanted, got });
  }
  return { ports, replaced };
}

/** The port that a part would like, before looking whether it is free. */
export function wantedPort(name: keyof Ports, values: Record<string, string>): number {
  const text = values[VARIABLES[name]];
  if (text === undefined) return DEFAULT_PORTS[name];
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`${VARIABLES[name]} is "${text}", which is no port (1 to 65535).`);
  }
  return port;
}

/** For tests: whatever is free. */
export async function anyPorts(): Promise<Ports> {
  const ports: Ports = { ...DEFAULT_PORTS };
  const taken = new Set<number>();
  for (const name of Object.keys(ports) as (keyof Ports)[]) {
    do ports[name] = await freePort();
    while (taken.has(ports[name]));
    taken.add(ports[name]);
  }
  return ports;
}
