/**
 * `npm run bench`: the figures of docs/performance.md, each beside a floor measured in the same run. Builds and starts
 * a stack and a bare Next of its own, and stops them. `policy` needs neither; `inbox`, `pump` and `claims` bring a
 * database and a sandbox of their own, and need no build.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { DEMO_OPERATORS, DEMO_PEOPLE } from "@/prisma/demo-people";
import { benchClaims } from "@/tests/bench/claims";
import { benchFleet } from "@/tests/bench/fleet";
import { benchInbox } from "@/tests/bench/inbox";
import { benchJavaScript } from "@/tests/bench/javascript";
import { benchOutages } from "@/tests/bench/outages";
import { benchPages } from "@/tests/bench/pages";
import { benchPolicy } from "@/tests/bench/policy";
import { benchPump } from "@/tests/bench/pump";
import { benchWebhooks } from "@/tests/bench/webhooks";
import { startBackend } from "@/tests/support/backend";
import type { VendorDesk } from "@/tests/support/reliability-vendor";
import { REPOSITORY } from "./stack/paths";
import { freePort } from "./stack/ports";
import { parseCommandLine, runScript } from "./stack/run-script";
import { inheritedEnvironment, runTask, startNode } from "./stack/stack-parts";
import { startStack } from "./stack/start-stack";
import { startTestServer, TEST_SERVER_VARIABLE } from "./stack/test-database";

const BENCHES = ["webhooks", "pages", "javascript", "outages", "fleet"] as const;
/** Of inbox and outbox: worker processes on a database and stand-ins, one bench after the other. */
const BACKEND_BENCHES = { pump: benchPump, inbox: benchInbox, claims: benchClaims } as const;
const ALL: readonly string[] = ["policy", ...Object.keys(BACKEND_BENCHES), ...BENCHES];
const USAGE = `Usage: npm run bench [-- ${ALL.join(" | ")} …]`;
const FLOOR = join(REPOSITORY, "tests", "bench", "floor");
const NEXT = join(REPOSITORY, "node_modules", "next", "dist", "bin", "next");
const STRIPE_API_VERSION = "2026-10-28.endive";

const rowsOf =
  (databaseUrl: string): VendorDesk["rows"] =>
  async (sql, values) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      const { rows } = await client.query(sql, values);
      return rows;
    } finally {
      await client.end();
    }
  };

/** With the routes that ours are measured against; see next.config.ts. */
function buildApp(): Promise<void> {
  const env = {
    ...inheritedEnvironment(),
    NODE_ENV: "production",
    SANDBOX: "1",
    BENCH: "1",
    NEXT_TELEMETRY_DISABLED: "1",
  };
  return runTask({ name: "build", arguments: [NEXT, "build"], cwd: REPOSITORY, env });
}

async function startFloor(databaseUrl: string) {
  const port = await freePort();
  const env = {
    ...inheritedEnvironment(),
    NODE_ENV: "production",
    DATABASE_URL: databaseUrl,
    NEXT_TELEMETRY_DISABLED: "1",
  };
  await runTask({ name: "floor build", arguments: [NEXT, "build", FLOOR], cwd: FLOOR, env });
  const part = startNode({
    name: "floor",
    arguments: [NEXT, "start", FLOOR, "--port", String(port)],
    cwd: FLOOR,
    env,
  });
  const url = `http://localhost:${port}`;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answered = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return { url, stop: () => part.stop() };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await part.stop();
  throw new Error("the bare Next did not start");
}

/** The app reads its environment once a process, so that all of these share one backend. */
async function withBackend(
  work: (backend: Awaited<ReturnType<typeof startBackend>>) => Promise<void>,
): Promise<void> {
  const environment = { ...process.env };
  const server = await startTestServer();
  // Without a log of every call.
  Object.assign(process.env, { NODE_ENV: "test", [TEST_SERVER_VARIABLE]: server.url });
  try {
    const backend = await startBackend();
    try {
      await work(backend);
    } finally {
      await backend.stop();
    }
  } finally {
    await server.stop();
    // What comes next has an environment of its own.
    process.env = environment;
  }
}

function print(name: string, lines: readonly string[]): void {
  console.log(`\n${name}\n\n${lines.join("\n")}`);
}

runScript(async () => {
  const { positionals } = parseCommandLine(USAGE, {});
  if (!positionals.every((name) => ALL.includes(name))) throw new Error(USAGE);
  const isWanted = (name: string) => positionals.length === 0 || positionals.includes(name);
  const selected = BENCHES.filter(isWanted);
  let failed = 0;
  /** What is beyond its bounds keeps nothing else from being measured. */
  const measure = async (name: string, bench: () => Promise<string[]>) => {
    try {
      print(name, await bench());
    } catch (error) {
      failed = 1;
      print(`${name}: failed`, [error instanceof Error ? error.message : String(error)]);
    }
  };
  if (isWanted("policy")) await measure("policy", benchPolicy);
  const ofBackend = Object.entries(BACKEND_BENCHES).filter(([name]) => isWanted(name));
  if (ofBackend.length > 0) {
    await withBackend(async (backend) => {
      for (const [name, bench] of ofBackend) await measure(name, () => bench(backend));
    });
  }
  if (selected.length === 0) return failed;
  await buildApp();
  const stack = await startStack({ mode: "test", demoOperators: DEMO_OPERATORS });
  try {
    const desk: VendorDesk = { urls: stack.urls, rows: rowsOf(stack.urls.database) };
    await desk.rows("CREATE TABLE IF NOT EXISTS floor_event (LIKE webhook_event INCLUDING ALL)");
    const floor = await startFloor(stack.urls.database);
    try {
      const app = stack.urls.app;
      const [person] = DEMO_PEOPLE;
      const operator = DEMO_PEOPLE.find(({ role }) => role === "operator");
      if (!person || !operator) throw new Error("no demo people");
      const run: Record<(typeof BENCHES)[number], () => Promise<string[]>> = {
        webhooks: () =>
          benchWebhooks({
            ours: `${app}/api/webhooks/stripe`,
            floor: `${app}/api/floor`,
            secret: stack.env.STRIPE_WEBHOOK_SECRET ?? "",
            apiVersion: STRIPE_API_VERSION,
            desk,
          }),
        pages: () => benchPages({ ours: app, floor: floor.url, paths: ["/", "/pricing"] }),
        javascript: () =>
          benchJavaScript({
            app,
            floor: floor.url,
            publicPaths: ["/", "/pricing", "/status"],
            signedInPaths: ["/dashboard", "/billing", "/settings"],
            person,
          }),
        outages: () =>
          benchOutages({
            app,
            control: stack.urls.control,
            person: operator,
            paths: [
              "/",
              "/pricing",
              "/status",
              "/dashboard",
              "/billing",
              "/billing/return",
              "/settings",
              "/admin/integrations",
              "/admin/webhooks",
              "/admin/emails",
            ],
          }),
        fleet: () => benchFleet(stack.urls.database),
      };
      for (const name of selected) await measure(name, run[name]);
    } finally {
      await floor.stop();
    }
  } finally {
    await stack.stop();
    // Nobody is to start what was built for this alone.
    await rm(join(REPOSITORY, ".next", "BUILD_ID"), { force: true });
  }
  return failed;
});
