import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ids, type PostgresBinaries } from "./postgres-binaries";
import { makeClusterFolder, type PostgresHome } from "./postgres-home";

/** The role that owns everything in the embedded database. */
export const SUPERUSER = "breakwater";

/** initdb into a folder beside, then renamed: a kill in the middle leaves no half-made cluster. */
export async function initialiseCluster(
  home: PostgresHome,
  binaries: PostgresBinaries,
  fast: boolean,
): Promise<void> {
  if (existsSync(join(home.cluster, "PG_VERSION"))) {
    assertSameMajorVersion(home.cluster, binaries);
    return;
  }
  const attempt = randomUUID();
  const fresh = `${home.cluster}.${attempt}`;
  const passwordFile = join(home.path, `initial-password.${attempt}`);
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

/** Nothing of ours leaks into the server; LC_ALL=C because macOS refuses to start it with an unknown locale. */
export function serverEnvironment(): Record<string, string | undefined> {
  const { PATH, SystemRoot, TEMP, TMP } = process.env;
  return { PATH, SystemRoot, TEMP, TMP, LC_ALL: "C", TZ: "UTC" };
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
