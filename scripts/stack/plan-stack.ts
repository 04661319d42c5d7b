import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeProblems, envProblems } from "@/lib/env-rules";
import { anyPorts, choosePorts } from "./choose-ports";
import { type Ports, type StackEnvironment, type StackMode, stackEnvironment } from "./env";
import { loadEnvironmentFiles } from "./env-files";
import { acquireLock, type StackLock } from "./lock";
import { DATA_DIR, DATABASE_NAME, REPOSITORY } from "./paths";
import { type PlannedPostgres, planPostgres } from "./postgres";
import { type Reporter, silentReporter, timed } from "./reporter";
import { type LocalSecrets, localSecrets } from "./secrets";
import { isLoopback } from "./stack-database";
import {
  defaultCommands,
  inheritedEnvironment,
  type PartCommands,
  runTask,
  StackFailure,
} from "./stack-parts";
import type { StackOptions } from "./start-stack";

/** After a SIGKILL the parts end within this time: waiting for their ports keeps the addresses the same. */
const AFTER_KILL_PATIENCE_MS = 5_000;

/** Everything that is decided before anything runs. */
export type StackPlan = {
  mode: StackMode;
  reporter: Reporter;
  dataDir: string;
  /** The data folder is ours alone and goes when the stack stops. */
  temporary: boolean;
  lock: StackLock;
  ports: Ports;
  /** Undefined when the database is somebody else's. */
  postgres: PlannedPostgres | undefined;
  databaseUrl: string;
  migrationUrl: string;
  /** False for a database that the caller of a test has migrated already. */
  migrates: boolean;
  localDatabase: boolean;
  /** Demo people: in sandbox mode, on a database that only this machine reaches. */
  seeds: boolean;
  secrets: LocalSecrets;
  environment: StackEnvironment;
  variables: Record<string, string>;
  commands: { [Name in keyof PartCommands]: string[] | null };
};

/** Chooses the data folder, ports and addresses, and who serves what. Takes the clone's lock. */
export async function planStack(options: StackOptions): Promise<StackPlan> {
  const temporary = options.mode === "test" && options.dataDir === undefined;
  const dataDir = options.dataDir ?? (temporary ? mkdtempSync(join(tmpdir(), "breakwater-")) : DATA_DIR);
  const lock = acquireLock(dataDir, options.mode);
  try {
    return await planLocked(options, { dataDir, temporary, lock });
  } catch (error) {
    lock.release();
    if (temporary) rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
}

async function planLocked(
  options: StackOptions,
  folder: { dataDir: string; temporary: boolean; lock: StackLock },
): Promise<StackPlan> {
  const { mode } = options;
  const { dataDir } = folder;
  const reporter: Reporter = { ...silentReporter, ...options.reporter };
  if (options.build) {
    reporter.begin("building for production");
    await timed(reporter, "production build", () => buildApp(reporter, options.signal));
  }

  const values = mode === "test" ? {} : readEnvironment(mode);
  const { ports, replaced } =
    mode === "test"
      ? { ports: await anyPorts(), replaced: [] }
      : await choosePorts({ ...values, ...options.env }, folder.lock.tookOver ? AFTER_KILL_PATIENCE_MS : 0);
  Object.assign(ports, options.ports);

  const givenUrl = options.databaseUrl ?? values.DATABASE_URL;
  const postgres = givenUrl === undefined ? await planDatabase(options, folder, ports) : undefined;
  if (postgres) ports.postgres = postgres.port;
  for (const { name, wanted } of replaced) {
    if (name === "postgres" && !postgres) continue;
    reporter.note(`Port ${wanted} (${name}) is busy: using ${ports[name]}.`);
  }

  const databaseUrl = postgres?.url ?? givenUrl ?? "";
  const secrets = localSecrets(dataDir);
  const demoOperators = options.demoOperators ?? [];
  const environment = stackEnvironment({ mode, values, ports, secrets, databaseUrl, demoOperators });
  const variables = { ...environment.variables, SANDBOX_DATA_DIR: join(dataDir, "sandbox"), ...options.env };
  // What the app would refuse at boot is said now, before anything is started. Tests want to see the app do it.
  const problems = mode === "test" ? [] : envProblems(variables);
  if (problems.length > 0) throw new StackFailure(describeProblems(problems));
  const localDatabase = postgres !== undefined || isLoopback(databaseUrl);
  folder.lock.setUrl(`http://localhost:${ports.app}`);
  return {
    ...folder,
    mode,
    reporter,
    ports,
    postgres,
    databaseUrl,
    migrationUrl: values.DIRECT_URL ?? databaseUrl,
    migrates: options.databaseUrl === undefined,
    localDatabase,
    seeds: localDatabase && environment.variables.SANDBOX === "1",
    secrets,
    environment,
    variables,
    commands: { ...defaultCommands(REPOSITORY, mode, ports.app), ...options.commands },
  };
}

function readEnvironment(mode: "dev" | "preview"): Record<string, string> {
  return loadEnvironmentFiles(REPOSITORY, mode === "dev" ? "development" : "production").values;
}

function planDatabase(
  { mode }: StackOptions,
  { dataDir, temporary }: { dataDir: string; temporary: boolean },
  ports: Ports,
): Promise<PlannedPostgres> {
  return planPostgres({
    dataDir,
    port: ports.postgres,
    database: DATABASE_NAME,
    fast: mode === "test",
    removeAfter: temporary ? [dataDir] : undefined,
  });
}

/**
 * `next build` needs no keys and no database. Everything that this builds runs in sandbox mode, and static pages
 * carry the sandbox's bar from here; a production process refuses such a build.
 */
export async function buildApp(reporter: Reporter = silentReporter, signal?: AbortSignal): Promise<void> {
  const next = defaultCommands(REPOSITORY, "preview", 0).app[0] as string;
  const task = {
    name: "production build",
    arguments: [next, "build"],
    cwd: REPOSITORY,
    env: { ...inheritedEnvironment(), NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", SANDBOX: "1" },
    onLine: (line: string) => reporter.line("build", line),
  };
  await runTask(task, signal);
}
