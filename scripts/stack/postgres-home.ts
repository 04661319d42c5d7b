import { createHash, randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type DatabaseUser, databaseUser } from "./postgres-binaries";

/**
 * Where one clone's database lives.
 *
 * Normally that is `<dataDir>/postgres`. PostgreSQL refuses to run as root, so as root another account runs
 * it, and that account must be able to traverse every folder above the data: a clone in a folder that only root may
 * read would fail. Then the home is a folder outside, keyed by the data folder's real path. It is not below
 * /tmp or /var/tmp if possible: those are swept by age, and anyone could have made the folder first.
 */
export type PostgresHome = {
  path: string;
  /** The cluster itself (PGDATA), owned by the database's user. */
  cluster: string;
  password: string;
  user: DatabaseUser;
  /** True when the home is outside the data folder (root). */
  outside: boolean;
};

const OUTSIDE_PARENTS = ["/var/lib/breakwater", "/var/tmp/breakwater"];

/** Makes the home if needed. A home left by an earlier clone at the same path (its .data is gone) is emptied first. */
export async function openPostgresHome(
  dataDir: string,
  beforeEmptying: (cluster: string) => Promise<void>,
): Promise<PostgresHome> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const user = databaseUser();
  const outside = user.uid !== undefined;
  const path = outside ? outsideHome(dataDir) : join(dataDir, "postgres");
  const cluster = join(path, "cluster");

  if (outside) {
    const mine = readOrCreate(
      join(dataDir, "postgres-home"),
      () => `${path}\n${randomBytes(16).toString("hex")}\n`,
    );
    const marker = join(path, "belongs-to");
    if (existsSync(marker) && readFileSync(marker, "utf8") !== mine) {
      await beforeEmptying(cluster);
      rmSync(path, { recursive: true, force: true });
    }
    makeRootFolder(path);
    writeFileSync(marker, mine, { mode: 0o600 });
  } else {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  const password = readOrCreate(join(path, "password"), () => randomBytes(24).toString("hex"));
  return { path, cluster, password, user, outside };
}

/** Folders of a data folder's database that lie outside it; `npm run reset` deletes them as well. */
export function outsideFolders(dataDir: string): string[] {
  const record = join(dataDir, "postgres-home");
  if (process.getuid?.() !== 0 || !existsSync(record)) return [];
  const path = readFileSync(record, "utf8").split("\n")[0] ?? "";
  // Only what we would have made ourselves: a doctored file must not make root delete something else.
  return OUTSIDE_PARENTS.some((parent) => path.startsWith(`${parent}/`) && !path.includes(".."))
    ? [path]
    : [];
}

/** Binaries are shared by all clones of this machine's root: one copy of 60 MB, not one each. */
export function binariesFolder(home: PostgresHome): string {
  return home.outside ? join(home.path, "..", "binaries") : join(home.path, "binaries");
}

function outsideHome(dataDir: string): string {
  const key = createHash("sha256").update(realpathSync(dataDir)).digest("hex").slice(0, 16);
  const failures: string[] = [];
  for (const parent of OUTSIDE_PARENTS) {
    try {
      makeRootFolder(parent);
      makeRootFolder(join(parent, "binaries"));
      return join(parent, key);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`No folder for the database could be made:\n  ${failures.join("\n  ")}`);
}

/** A folder that root owns, others may traverse but not list or change; anything else there is refused. */
function makeRootFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o711 });
  const stats = lstatSync(path);
  if (!stats.isDirectory() || stats.uid !== 0 || (stats.mode & 0o022) !== 0) {
    throw new Error(`${path} is not a folder that only root may write.`);
  }
}

function readOrCreate(file: string, make: () => string): string {
  try {
    // Exclusive, so that of two starts at once both end up with the same content.
    writeFileSync(file, make(), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(file, "utf8");
}

/** Makes a folder that the database's user owns and nobody else may enter. */
export function makeClusterFolder(path: string, user: DatabaseUser): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) chownSync(path, user.uid, user.gid);
}
