import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { REPOSITORY } from "@/scripts/stack/paths";
import { freePort, portOrNext } from "@/scripts/stack/ports";
import { startPostgres } from "@/scripts/stack/postgres";
import { outsideFolders } from "@/scripts/stack/postgres-home";
import { isAlive, startPart, waitUntil } from "@/scripts/stack/processes";
import { type Stack, startStack } from "@/scripts/stack/start-stack";
import { standIns } from "../fixtures/stack/stand-ins";

let dataDir: string;
let hosts: ChildProcess[] = [];
let stacks: Stack[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "breakwater-stack-test-"));
});

afterEach(async () => {
  for (const stack of stacks) await stack.stop();
  for (const host of hosts) host.kill("SIGTERM");
  stacks = [];
  hosts = [];
  for (const folder of [...outsideFolders(dataDir), dataDir])
    rmSync(folder, { recursive: true, force: true });
});

type Report = { urls?: Stack["urls"]; pids?: number[]; failure?: string; error?: string };

/** Starts the host program; each line that it reports can be awaited in turn. */
function startHost(extra: object = {}) {
  const host = spawn(
    process.execPath,
    ["--import", "tsx", "tests/fixtures/stack/host.ts", dataDir, JSON.stringify(extra)],
    { cwd: REPOSITORY, stdio: ["ignore", "pipe", "inherit"] },
  );
  hosts.push(host);
  const reports: Report[] = [];
  createInterface({ input: host.stdout }).on("line", (line) => reports.push(JSON.parse(line) as Report));
  let read = 0;
  const nextReport = async (): Promise<Report> => {
    await waitUntil(() => reports.length > read, 60_000);
    const report = reports[read++];
    if (report === undefined) throw new Error("The host program reported nothing within 60 s.");
    return report;
  };
  return { host, nextReport };
}

async function start(options: Partial<Parameters<typeof startStack>[0]> = {}): Promise<Stack> {
  const stack = await startStack({ mode: "test", dataDir, commands: standIns, ...options });
  stacks.push(stack);
  return stack;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function occupy(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

describe("the stack", () => {
  it("leaves no process behind when its parent is killed with SIGKILL, and a second start finds the data", async () => {
    const { host, nextReport } = startHost();
    const { pids = [], urls } = await nextReport();
    expect(pids).toHaveLength(4);
    await query(urls?.database ?? "", "CREATE TABLE kept AS SELECT 42 AS answer");

    host.kill("SIGKILL");
    const allGone = await waitUntil(() => !pids.some(isAlive), 15_000);
    expect(allGone, `still alive: ${pids.filter(isAlive)}`).toBe(true);

    const second = await start();
    expect(await query(second.urls.database, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  });

  it("starts again at once after a SIGKILL, while the old parts are still ending", async () => {
    const { host, nextReport } = startHost();
    const { urls } = await nextReport();
    await query(urls?.database ?? "", "CREATE TABLE kept AS SELECT 42 AS answer");
    host.kill("SIGKILL");
    await waitUntil(() => !isAlive(host.pid ?? 0), 5_000, 5);

    const second = await start();
    expect(await query(second.urls.database, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  });

  it.each(["app", "sandbox", "database"] as const)(
    "stops the rest when the %s is killed, and says which part",
    async (part) => {
      const stack = await start();
      const pids = await Promise.all([stack.pid("app"), stack.pid("sandbox"), stack.pid("database")]);

      stack.kill(part);
      const failure = await stack.failed;

      expect(failure.message).toContain(`The ${part} ended unexpectedly`);
      expect(pids.filter((pid) => isAlive(pid ?? 0))).toEqual([]);
    },
  );

  it("shows the last lines of a part that ends while starting", async () => {
    const broken = ["-e", "console.error('no such vendor'); process.exit(3)"];
    await expect(start({ commands: { ...standIns, sandbox: broken } })).rejects.toThrow(
      /sandbox ended unexpectedly \(exit code 3\).*\n.*no such vendor/,
    );
  });

  it("leaves nothing running when the seed fails", async () => {
    const prepareData = ["-e", "console.error('bad seed'); process.exit(1)"];
    const { nextReport } = startHost({ commands: { ...standIns, prepareData } });
    expect((await nextReport()).error).toContain("bad seed");
    // The same data folder and its lock are free again.
    const second = await start();
    expect(second.urls.app).toMatch(/^http:\/\/localhost:/);
  });

  it("refuses a second start on the same data folder, naming the process that runs", async () => {
    await start();
    await expect(startStack({ mode: "test", dataDir, commands: standIns })).rejects.toThrow(
      `process ${process.pid}`,
    );
  });

  it("answers on no other address than loopback", async () => {
    const stack = await start();
    const [row] = await query(stack.urls.database, "SHOW listen_addresses");
    expect(row).toEqual({ listen_addresses: "127.0.0.1" });
    const wrong = new URL(stack.urls.database);
    wrong.password = "not-the-password";
    await expect(query(wrong.href, "SELECT 1")).rejects.toThrow(/password authentication failed/);
  });
});

describe("the embedded database", () => {
  it("moves to a free port when the wanted one is busy", async () => {
    const wanted = await freePort();
    const other = await occupy(wanted);
    const postgres = await startPostgres({ dataDir, port: wanted, database: "moved", fast: true });
    try {
      expect(postgres.port).not.toBe(wanted);
      expect(await query(postgres.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    } finally {
      await postgres.stop();
      other.close();
    }
  });

  it("is shared by a second command while its owner lives, and not stopped by it", async () => {
    const first = await startPostgres({ dataDir, port: await freePort(), database: "shared", fast: true });
    try {
      const second = await startPostgres({ dataDir, port: await freePort(), database: "shared", fast: true });
      expect(second).toMatchObject({ url: first.url, shared: true });
      await second.stop();
      expect(await query(first.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    } finally {
      await first.stop();
    }
  });

  it("stops a server left over from a killed process, and starts on its data", async () => {
    const { host, nextReport } = startHost();
    const { pids = [], urls } = await nextReport();
    await query(urls?.database ?? "", "CREATE TABLE kept AS SELECT 42 AS answer");
    // Killing the lifelines as well leaves the server with nobody to stop it.
    const postmaster = pids[2] ?? 0;
    for (const lifeline of lifelinesOf(host.pid ?? 0)) process.kill(lifeline, "SIGKILL");
    host.kill("SIGKILL");
    await waitUntil(() => !isAlive(host.pid ?? 0), 5_000);
    expect(isAlive(postmaster)).toBe(true);

    const postgres = await startPostgres({
      dataDir,
      port: await freePort(),
      database: "breakwater",
      fast: true,
    });
    try {
      expect(isAlive(postmaster)).toBe(false);
      expect(await query(postgres.url, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
    } finally {
      await postgres.stop();
      for (const pid of pids) if (isAlive(pid)) process.kill(pid, "SIGKILL");
    }
  });

  // As root the cluster lies outside the data folder, and survives `rm -rf` of a clone: the next clone at that
  // path must not find somebody else's data.
  it("is a new one when the data folder was deleted", async () => {
    const first = await startPostgres({ dataDir, port: await freePort(), database: "deleted", fast: true });
    await query(first.url, "CREATE TABLE kept AS SELECT 42 AS answer");
    await first.stop();
    rmSync(dataDir, { recursive: true });

    const second = await startPostgres({ dataDir, port: await freePort(), database: "deleted", fast: true });
    try {
      expect(await query(second.url, "SELECT to_regclass('kept') AS kept")).toEqual([{ kept: null }]);
    } finally {
      await second.stop();
    }
  });

  it("recovers when the server itself was killed", async () => {
    const first = await startPostgres({ dataDir, port: await freePort(), database: "recovered" });
    await query(first.url, "CREATE TABLE kept AS SELECT 42 AS answer");
    first.part?.signal("SIGKILL");
    await first.part?.exited;

    const second = await startPostgres({ dataDir, port: await freePort(), database: "recovered" });
    try {
      expect(await query(second.url, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
    } finally {
      await second.stop();
    }
  });
});

describe("ports", () => {
  it("takes the next free port when the wanted one is busy", async () => {
    const wanted = await freePort();
    const other = await occupy(wanted);
    try {
      const got = await portOrNext(wanted);
      expect(got).not.toBe(wanted);
    } finally {
      other.close();
    }
  });
});

describe("a part", () => {
  it("that ignores SIGTERM is killed after its grace", async () => {
    const script =
      "process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); console.log('up')";
    const part = startPart({
      name: "stubborn",
      command: process.execPath,
      arguments: ["-e", script],
      cwd: tmpdir(),
      env: { PATH: process.env.PATH },
      stopSignals: [{ signal: "SIGTERM", graceMs: 300 }],
    });
    await waitUntil(() => part.lastLines().includes("up"), 10_000);
    await part.stop();
    expect(part.lastLines()).toContain("no");
    expect(isAlive(await part.pid)).toBe(false);
  });
});

describe("a part whose lifeline is killed", () => {
  it("is ended by its parent", async () => {
    const part = startPart({
      name: "unguarded",
      command: process.execPath,
      arguments: ["-e", "setInterval(() => {}, 1000)"],
      cwd: tmpdir(),
      env: { PATH: process.env.PATH },
    });
    const pid = await part.pid;
    for (const lifeline of lifelinesOf(process.pid)) process.kill(lifeline, "SIGKILL");
    expect((await part.exited).code).toBe(137);
    expect(await waitUntil(() => !isAlive(pid), 10_000)).toBe(true);
  });
});

describe("two starts at the same moment", () => {
  it("end up on one database server, which ends with the one that started it", async () => {
    const port = await freePort();
    const options = { dataDir, port, database: "both", fast: true };
    const both = await Promise.all([startPostgres(options), startPostgres(options)]);
    try {
      expect(both.map(({ shared }) => shared).sort()).toEqual([false, true]);
      expect(both[0].url).toBe(both[1].url);
    } finally {
      await Promise.all(both.map((postgres) => postgres.stop()));
    }
  });
});

/** The direct children of a process that run lifeline.mjs. */
function lifelinesOf(pid: number): number[] {
  const listing = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
  return listing.split("\n").flatMap((line) => {
    const [child, parent, ...command] = line.trim().split(/\s+/);
    return Number(parent) === pid && command.join(" ").includes("lifeline.mjs") ? [Number(child)] : [];
  });
}
