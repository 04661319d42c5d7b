import { withClient } from "./database-client";
import { portOrNext } from "./ports";
import { ids, type PostgresBinaries, postgresBinaries } from "./postgres-binaries";
import { initialiseCluster, SUPERUSER, serverEnvironment } from "./postgres-cluster";
import { binariesFolder, openPostgresHome, type PostgresHome } from "./postgres-home";
import { ownerSetting, runningServer, stopLeftOver } from "./postgres-server";
import { type Part, startPart } from "./processes";

export type PostgresOptions = {
  /** The clone's data folder (`.data`); the cluster lies in it, or outside when we are root. */
  dataDir: string;
  /** Wanted port; a busy one is replaced by the next free one. */
  port: number;
  /** Made when missing. */
  database: string;
  /** For tests: survives a killed process, but not a power cut (fsync off); starts and writes faster. */
  fast?: boolean;
  /** Deletes the cluster and these folders when the server ends, also when we are killed. */
  removeAfter?: string[];
  onLine?: (line: string) => void;
};

export type RunningPostgres = {
  /** With password; for `DATABASE_URL`. */
  url: string;
  port: number;
  /** True when a process that is still alive had started it: `stop` then leaves it running. */
  shared: boolean;
  /** The server's own process; undefined when shared. */
  part: Part | undefined;
  stop: () => Promise<void>;
};

const READY = "database system is ready to accept connections";
const READY_TIMEOUT_MS = 60_000;
const OWNER_GRACE_MS = 1_000;

export type PlannedPostgres = {
  /** Where the server will be, known before it runs, so that others can be started meanwhile. */
  url: string;
  port: number;
  start: () => Promise<RunningPostgres>;
};

/**
 * A real PostgreSQL from npm, on loopback only, with a generated password (scram-sha-256), no Unix socket.
 *
 * A server that a living process of this clone runs is shared; one left over from a killed process is
 * stopped first. Errors say what to do.
 */
export async function planPostgres(options: PostgresOptions): Promise<PlannedPostgres> {
  const home = await openPostgresHome(options.dataDir, stopLeftOver);
  const server = runningServer(home);
  // One that was left over gives its port back when it is stopped.
  const port = server?.port ?? (await portOrNext(options.port));
  return { url: urlFor(home, port, options.database), port, start: () => start(home, { ...options, port }) };
}

/** `planPostgres` and its `start` in one. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  return (await planPostgres(options)).start();
}

async function start(home: PostgresHome, options: PostgresOptions): Promise<RunningPostgres> {
  for (let attempt = 1; ; attempt++) {
    const running = await shareOrClear(home, options);
    if (running) return running;
    const binaries = postgresBinaries(home.user, binariesFolder(home));
    await initialiseCluster(home, binaries, options.fast ?? false);
    const outcome = await launch(home, binaries, options);
    if (outcome.kind === "running") return outcome.postgres;
    // Another start was faster, or took the port between our look and the server's: look again.
    if (attempt === 3 || !outcome.worthRetrying)
      throw new Error(`PostgreSQL did not start:\n${outcome.reason}`);
  }
}

/** The server of this clone if a living process runs it; otherwise stops what is left over. */
async function shareOrClear(
  home: PostgresHome,
  options: PostgresOptions,
): Promise<RunningPostgres | undefined> {
  const startedAt = performance.now();
  for (;;) {
    const server = runningServer(home);
    if (!server) return undefined;
    const waitedMs = performance.now() - startedAt;
    if (server.owner === undefined) {
      // It may have begun a moment ago and not said yet who started it.
      if (waitedMs > OWNER_GRACE_MS) return void (await stopLeftOver(home.cluster));
    } else if (await canConnect(urlFor(home, server.port, "postgres"))) {
      await ensureDatabase(home, server.port, options.database);
      const url = urlFor(home, server.port, options.database);
      return { url, port: server.port, shared: true, part: undefined, stop: () => Promise.resolve() };
    } else if (waitedMs > READY_TIMEOUT_MS) {
      throw new Error(`The database that process ${server.owner} started does not answer.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

type LaunchOutcome =
  | { kind: "running"; postgres: RunningPostgres }
  | { kind: "failed"; reason: string; worthRetrying: boolean };

async function launch(
  home: PostgresHome,
  binaries: PostgresBinaries,
  options: PostgresOptions,
): Promise<LaunchOutcome> {
  const port = await portOrNext(options.port);
  let markReady: () => void = () => undefined;
  const ready = new Promise<"ready">((resolve) => {
    markReady = () => resolve("ready");
  });
  const part = startPart({
    name: "database",
    command: binaries.postgres,
    arguments: serverArguments(home, port, options.fast ?? false),
    cwd: home.path,
    env: serverEnvironment(),
    ...ids(home.user),
    // SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one (recovers at the next start).
    stopSignals: [
      { signal: "SIGINT", graceMs: 8_000 },
      { signal: "SIGQUIT", graceMs: 2_000 },
    ],
    removeAfter: options.removeAfter && [home.path, ...options.removeAfter],
    onLine: (line) => {
      if (line.includes(READY)) markReady();
      options.onLine?.(line);
    },
  });
  const outcome = await Promise.race([
    ready,
    part.exited.then(() => "exited" as const),
    timeout(READY_TIMEOUT_MS),
  ]);
  if (outcome !== "ready") {
    await part.stop();
    const reason =
      outcome === "timeout" ? `no answer within ${READY_TIMEOUT_MS / 1000} s` : part.lastLines().join("\n");
    const worthRetrying = /Address already in use|lock file "postmaster.pid" already exists/.test(reason);
    return { kind: "failed", reason, worthRetrying };
  }
  await ensureDatabase(home, port, options.database);
  const url = urlFor(home, port, options.database);
  return { kind: "running", postgres: { url, port, shared: false, part, stop: part.stop } };
}

function serverArguments(home: PostgresHome, port: number, fast: boolean): string[] {
  const settings: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "200",
    timezone: "UTC",
    log_timezone: "UTC",
    lc_messages: "C",
    // One machine, no replicas: the smallest log.
    wal_level: "minimal",
    max_wal_senders: "0",
    cluster_name: ownerSetting(),
    ...(fast ? { fsync: "off", synchronous_commit: "off", full_page_writes: "off" } : {}),
  };
  return [
    "-D",
    home.cluster,
    "-p",
    String(port),
    ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
  ];
}

function urlFor(home: PostgresHome, port: number, database: string): string {
  return `postgresql://${SUPERUSER}:${home.password}@127.0.0.1:${port}/${database}`;
}

async function canConnect(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.query("SELECT 1"));
    return true;
  } catch {
    // Still starting, recovering, or already stopping: the caller looks again.
    return false;
  }
}

async function ensureDatabase(home: PostgresHome, port: number, database: string): Promise<void> {
  try {
    await withClient(urlFor(home, port, "postgres"), async (client) => {
      const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
      if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
    });
  } catch (error) {
    // 42P04 duplicate_database, 23505 unique_violation: another start made it at the same moment.
    if (!["42P04", "23505"].includes((error as { code?: string }).code ?? "")) throw error;
  }
}

function timeout(milliseconds: number): Promise<"timeout"> {
  return new Promise((resolve) => setTimeout(() => resolve("timeout"), milliseconds).unref());
}
