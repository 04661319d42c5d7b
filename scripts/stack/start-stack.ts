import type { CapabilityChoice, Ports, StackMode } from "./env";
import { planStack } from "./plan-stack";
import type { Reporter } from "./reporter";
import { createStackRun } from "./run-stack";
import type { LocalSecrets } from "./secrets";
import { type PartCommands, type PartName, StackFailure } from "./stack-parts";

export type StackOptions = {
  /** "test": any free ports, a data folder of its own in the temporary folder, every capability sandboxed. */
  mode: StackMode;
  ports?: Partial<Ports>;
  /** Where state lives. In test mode a given folder is kept, so that a second start can find it. */
  dataDir?: string;
  /** On top of everything else, for every part. */
  env?: Record<string, string>;
  /** `next build` first. In test mode the caller has usually built already. */
  build?: boolean;
  /** Replaces a part's command; null leaves the part out. */
  commands?: { [Name in keyof PartCommands]?: string[] | null };
  /** A database that is there already, migrated (test mode): none is started. */
  databaseUrl?: string;
  /** E-mail addresses that the seed makes operators. */
  demoOperators?: string[];
  reporter?: Partial<Reporter>;
  /** Stops what is starting; startStack then rejects. */
  signal?: AbortSignal;
};

export type Stack = {
  /** Empty for a stand-in that has nothing to play in this run. */
  urls: Record<"app" | "mailbox" | "payments" | "oncall" | "control" | "database", string>;
  ports: Ports;
  /** What every part was given on top of the inherited environment. */
  env: Record<string, string>;
  secrets: LocalSecrets;
  capabilities: CapabilityChoice[];
  dataDir: string;
  /** False when the database is not on this machine: then nothing was migrated. */
  localDatabase: boolean;
  /** Whether the demo people are there. */
  seeded: boolean;
  /** Sends SIGKILL to a part and its children, to see what the rest does. */
  kill: (part: PartName) => void;
  /** The process id of a running part, undefined for one that is not ours. */
  pid: (part: PartName) => Promise<number> | undefined;
  stop: () => Promise<void>;
  /** Settles when a part ends by itself; the rest has been stopped by then. */
  failed: Promise<StackFailure>;
};

/** Starts the database, the sandbox and the app, migrated and seeded, and resolves when `GET /` has answered. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const plan = await planStack(options);
  const run = createStackRun(plan);
  if (options.signal?.aborted) await run.stop();
  options.signal?.addEventListener("abort", () => void run.stop(), { once: true });
  try {
    if (options.signal?.aborted) throw new StackFailure("Stopped while starting.");
    await Promise.race([run.startAll(), run.failed.then((failure) => Promise.reject(failure))]);
    if (options.signal?.aborted) throw new StackFailure("Stopped while starting.");
  } catch (error) {
    await run.stop();
    throw run.firstFailure() ?? error;
  }
  const { ports, environment } = plan;
  return {
    urls: {
      app: `http://localhost:${ports.app}`,
      mailbox: environment.variables.SANDBOX_MAILBOX_URL ?? "",
      payments: environment.variables.SANDBOX_PAYMENTS_URL ?? "",
      oncall: environment.variables.SANDBOX_ONCALL_URL ?? "",
      control: environment.variables.SANDBOX_CONTROL_URL ?? "",
      database: plan.databaseUrl,
    },
    ports,
    env: plan.variables,
    secrets: plan.secrets,
    capabilities: environment.capabilities,
    dataDir: plan.dataDir,
    localDatabase: plan.localDatabase,
    seeded: plan.seeds,
    kill: (name) => run.parts.get(name)?.signal("SIGKILL"),
    pid: (name) => run.parts.get(name)?.pid,
    stop: run.stop,
    failed: run.failed,
  };
}
