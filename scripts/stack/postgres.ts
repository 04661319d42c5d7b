import { spawn } from "node:child_process";
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { portOrNext } from "./ports";
import { ids, type PostgresBinaries, postgresBinaries } from "./postgres-binaries";
import { binariesFolder, makeClusterFolder, openPostgresHome, type PostgresHome } from "./postgres-home";
import { isAlive, type Part, processIdentity, startPart, waitUntil } from "./processes";

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

const SUPERUSER = "breakwater";
const READY = "database system is ready to accept connections";
const READY_TIMEOUT_MS = 60_000;

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
  const running = readPostmaster(home.cluster);
  const port = running && readOwner(home) !== undefined ? running.port : await portOrNext(options.port);
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
    await initialise(home, binaries, options.fast ?? false);
    const outcome = await launch(home, binaries, options);
    if (outcome.kind === "running") return outcome.postgres;
    // Another start was faster, or took the port between our look and the server's: look again.
    if (attempt === 3 || !outcome.worthRetrying)
      throw new Error(`PostgreSQL did not start:\n${outcome.reason}`);
  }
}

/** The running server of this clone if a living process owns it; otherwise stops what is left over. */
async function shareOrClear(
  home: PostgresHome,
  options: PostgresOptions,
): Promise<RunningPostgres | undefined> {
  const postmaster = readPostmaster(home.cluster);
  if (!postmaster) return undefined;
  const owner = readOwner(home);
  if (owner !== undefined) {
    const url = urlFor(home, postmaster.port, options.database);
    const ready = await waitUntil(() => canConnect(urlFor(home, postmaster.port, "postgres")), 5_000);
    if (ready) {
      await ensureDatabase(home, postmaster.port, options.database);
      return { url, port: postmaster.port, shared: true, part: undefined, stop: () => Promise.resolve() };
    }
  }
  await stopLeftOver(home.cluster);
  return undefined;
}

/** postmaster.pid: line 1 the process id, line 4 the port. Undefined when nothing runs on this cluster. */
function readPostmaster(cluster: string): { pid: number; port: number } | undefined {
  const file = join(cluster, "postmaster.pid");
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, "utf8").split("\n");
  const pid = Math.abs(Number(lines[0]));
  // A stale file whose id was given to another program: PostgreSQL makes the same check and then removes the file.
  if (!isAlive(pid) || !looksLikePostgres(pid, cluster)) return undefined;
  return { pid, port: Number(lines[3]) };
}

/** Where the system lets us look (Linux), the process must have been started on this very cluster. */
function looksLikePostgres(pid: number, cluster: string): boolean {
  if (process.platform !== "linux") return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(cluster);
  } catch {
    return false;
  }
}

/** The process that started the server, if it still lives. */
function readOwner(home: PostgresHome): number | undefined {
  try {
    const { pid, identity } = JSON.parse(readFileSync(home.ownerFile, "utf8")) as {
      pid: number;
      identity: string;
    };
    return processIdentity(pid) === identity ? pid : undefined;
  } catch {
    // No file, or one cut off by a kill: nobody owns it.
    return undefined;
  }
}

/** Stops the server of a data folder whose starter is gone; leaves one that a living process runs. */
export async function stopLeftOverPostgres(dataDir: string): Promise<void> {
  const home = await openPostgresHome(dataDir, stopLeftOver);
  const owner = readOwner(home);
  if (readPostmaster(home.cluster) && owner !== undefined) {
    throw new Error(
      `Process ${owner} (db:studio or db:migrate?) is using the database. Let it finish first.`,
    );
  }
  await stopLeftOver(home.cluster);
}

/** Stops a server whose starter is gone: fast shutdown (SIGINT), then immediate (SIGQUIT), then SIGKILL. */
async function stopLeftOver(cluster: string): Promise<void> {
  const postmaster = readPostmaster(cluster);
  if (!postmaster) return;
  for (const [signal, graceMs] of [
    ["SIGINT", 15_000],
    ["SIGQUIT", 5_000],
    ["SIGKILL", 5_000],
  ] as const) {
    try {
      process.kill(postmaster.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") return;
      throw error;
    }
    if (await waitUntil(() => !isAlive(postmaster.pid), graceMs)) return;
  }
  throw new Error(`A left-over PostgreSQL (process ${postmaster.pid}) could not be stopped.`);
}

/** initdb into a folder beside, then renamed: a kill in the middle leaves no half-made cluster. */
async function initialise(home: PostgresHome, binaries: PostgresBinaries, fast: boolean): Promise<void> {
  if (existsSync(join(home.cluster, "PG_VERSION"))) {
    assertSameMajorVersion(home.cluster, binaries);
    return;
  }
  const fresh = `${home.cluster}.${process.pid}`;
  const passwordFile = join(home.path, `initial-password.${process.pid}`);
  try {
    makeClusterFolder(fresh, home.user);
    writeFileSync(passwordFile, `${home.password}\n`, { mode: 0o600 });
    if (home.user.uid !== undefined && home.user.gid !== undefined) {
      chownSync(passwordFile, home.user.uid, home.user.gid);
    }
    await run(
      binaries.initdb,
      [
        `--pgdata=${fresh}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        ...(fast ? ["--no-sync"] : []),
      ],
      home,
    );
    // A folder without PG_VERSION is an initdb of ours that was cut off.
    if (!existsSync(join(home.cluster, "PG_VERSION"))) {
      rmSync(home.cluster, { recursive: true, force: true });
      renameSync(fresh, home.cluster);
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(passwordFile, { force: true });
  }
}

function assertSameMajorVersion(cluster: string, binaries: PostgresBinaries): void {
  const found = readFileSync(join(cluster, "PG_VERSION"), "utf8").trim();
  const wanted = binaries.version.split(".")[0];
  if (found === wanted) return;
  throw new Error(
    `The database in .data was made by PostgreSQL ${found}, the installed one is ${wanted}. \`npm run reset\` starts afresh (the local data is lost).`,
  );
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
  writeFileSync(
    home.ownerFile,
    JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) }),
    {
      mode: 0o600,
    },
  );
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

/** Nothing of ours leaks into the server; LC_ALL=C because macOS refuses to start it with an unknown locale. */
function serverEnvironment(): Record<string, string | undefined> {
  const { PATH, SystemRoot, TEMP, TMP } = process.env;
  return { PATH, SystemRoot, TEMP, TMP, LC_ALL: "C", TZ: "UTC" };
}

function urlFor(home: PostgresHome, port: number, database: string): string {
  return `postgresql://${SUPERUSER}:${home.password}@127.0.0.1:${port}/${database}`;
}

async function canConnect(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function ensureDatabase(home: PostgresHome, port: number, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlFor(home, port, "postgres") });
  await client.connect();
  try {
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } catch (error) {
    // 42P04 duplicate_database, 23505 unique_violation: another start made it at the same moment.
    if (!["42P04", "23505"].includes((error as { code?: string }).code ?? "")) throw error;
  } finally {
    await client.end();
  }
}

function run(command: string, parameters: string[], home: PostgresHome): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, {
      ...ids(home.user),
      cwd: home.path,
      env: serverEnvironment() as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with code ${code}:\n${output.trim()}`));
    });
  });
}

function timeout(milliseconds: number): Promise<"timeout"> {
  return new Promise((resolve) => setTimeout(() => resolve("timeout"), milliseconds).unref());
}
