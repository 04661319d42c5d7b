import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openPostgresHome, type PostgresHome } from "./postgres-home";
import { isAlive, processIdentity, waitUntil } from "./processes";

export type RunningServer = {
  pid: number;
  port: number;
  /** The process that started it and still lives; undefined for one that was left over. */
  owner: number | undefined;
};

/** The server that runs on a cluster, if any. */
export function runningServer({ cluster }: Pick<PostgresHome, "cluster">): RunningServer | undefined {
  const postmaster = readPostmaster(cluster);
  return postmaster && { ...postmaster, owner: readOwner(cluster) };
}

/**
 * What a server is told about who started it, as its `cluster_name`. PostgreSQL itself writes its command line into the
 * cluster once it has the cluster's lock: a file of our own could name somebody who then lost the race for it.
 */
export function ownerSetting(): string {
  return `owner:${encodeIdentity(processIdentity(process.pid) ?? String(process.pid))}`;
}

function encodeIdentity(identity: string): string {
  return identity.replace(/[^A-Za-z0-9]/g, "_");
}

function readOwner(cluster: string): number | undefined {
  try {
    const commandLine = readFileSync(join(cluster, "postmaster.opts"), "utf8");
    const [, identity, id] = /owner:((\d+)[A-Za-z0-9_]*)/.exec(commandLine) ?? [];
    const current = processIdentity(Number(id));
    return current !== undefined && encodeIdentity(current) === identity ? Number(id) : undefined;
  } catch (error) {
    // The server has just begun, and not written it yet.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
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

/** Stops the server of a data folder whose starter is gone; leaves one that a living process runs. */
export async function stopLeftOverPostgres(dataDir: string): Promise<void> {
  const home = await openPostgresHome(dataDir, stopLeftOver);
  const owner = runningServer(home)?.owner;
  if (owner !== undefined) {
    throw new Error(
      `Process ${owner} (db:studio or db:migrate?) is using the database. Let it finish first.`,
    );
  }
  await stopLeftOver(home.cluster);
}

/** Stops a server whose starter is gone: fast shutdown (SIGINT), then immediate (SIGQUIT), then SIGKILL. */
export async function stopLeftOver(cluster: string): Promise<void> {
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
