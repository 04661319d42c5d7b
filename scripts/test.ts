import { existsSync } from "node:fs";
import { join } from "node:path";
import colors from "picocolors";
import { PROVIDER_VARIABLES } from "./stack/env";
import { BROWSER_VARIABLE, ensureBrowser } from "./stack/find-browser";
import { REPOSITORY } from "./stack/paths";
import { buildApp } from "./stack/plan-stack";
import { parseCommandLine, runScript } from "./stack/run-script";
import { inheritedEnvironment, runTask } from "./stack/stack-parts";
import { startTestServer, TEST_SERVER_VARIABLE, type TestServer } from "./stack/test-database";
import { binaryOf, type Outcome, runCheck, runVitest } from "./stack/test-suites";

type Suite = { name: string; database?: boolean; build?: boolean; browser?: boolean };

/** In the order in which they run: the quick ones first. `build`: needs the production build of the app. */
const SUITES: readonly Suite[] = [
  { name: "checks" },
  { name: "unit" },
  { name: "architecture", build: true },
  { name: "contracts", database: true },
  { name: "integration", database: true },
  { name: "security", database: true, build: true },
  { name: "reliability", database: true, build: true },
  { name: "e2e", database: true, build: true, browser: true },
];

const USAGE = `Usage: npm test [-- [--no-build] ${SUITES.map(({ name }) => name).join(" | ")} …]`;

/** Runs all suites, or those named, and ends with `N passed, N failed` alone on the last line. */
runScript(async () => {
  const { values, positionals } = parseCommandLine(USAGE, {
    "no-build": { type: "boolean", default: false },
  });
  const unknown = positionals.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) throw new Error(`There is no suite ${unknown.join(", ")}.\n${USAGE}`);
  const selected = SUITES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  stopOnSignals();
  await ensureGeneratedClient();

  const totals: Outcome = { passed: 0, failed: 0, skipped: 0, notes: [] };
  const record = (name: string, outcome: Outcome, startedAt: number) => {
    totals.passed += outcome.passed;
    totals.failed += outcome.failed;
    totals.skipped += outcome.skipped;
    printOutcome(name, outcome, performance.now() - startedAt);
  };
  const environment = createTestEnvironment(values["no-build"], record);
  try {
    for (const suite of selected) {
      console.log(colors.bold(`\n── ${suite.name} `.padEnd(60, "─")));
      await environment.prepareBuild(suite);
      const startedAt = performance.now();
      record(suite.name, await runSuite(suite, environment), startedAt);
    }
  } finally {
    await environment.stop();
  }
  if (totals.skipped > 0) console.log(`\n${totals.skipped} skipped`);
  console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
  return totals.failed === 0 ? 0 : 1;
});

/** Everything that we start is behind a lifeline and ends with us; without this a signal would leave the result open. */
function stopOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      console.log(`\nStopped by ${signal}.`);
      process.exit(130);
    });
  }
}

/** Where install scripts are blocked, the client was not generated at install. */
async function ensureGeneratedClient(): Promise<void> {
  if (existsSync(join(REPOSITORY, "prisma", "generated", "client.ts"))) return;
  await runTask({
    name: "prisma generate",
    arguments: [join(REPOSITORY, "scripts", "postinstall.mjs")],
    cwd: REPOSITORY,
    env: inheritedEnvironment(),
  });
}

type TestEnvironment = ReturnType<typeof createTestEnvironment>;

/** What suites share: made when the first one needs it, kept for the others. */
function createTestEnvironment(
  skipBuild: boolean,
  record: (name: string, outcome: Outcome, startedAt: number) => void,
) {
  let server: TestServer | undefined;
  let build: "not built" | "built" | "failed" = skipBuild ? "built" : "not built";
  const base: Record<string, string> = {
    ...inheritedEnvironment(),
    // A key in the shell or on a CI machine must never reach a test.
    ...Object.fromEntries(PROVIDER_VARIABLES.map((name) => [name, ""])),
    NEXT_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
    ...(process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: "1" } : {}),
  };
  return {
    base,
    /** The production build, once, counted as a check of its own. */
    prepareBuild: async ({ build: needed }: Suite) => {
      if (!needed || build !== "not built") return;
      const startedAt = performance.now();
      try {
        await buildApp();
        build = "built";
        record("build", { passed: 1, failed: 0, skipped: 0, notes: [] }, startedAt);
      } catch (error) {
        build = "failed";
        record("build", failure(error), startedAt);
      }
    },
    isBuilt: () => build === "built",
    databaseServer: async () => {
      server ??= await startTestServer();
      return server.url;
    },
    stop: async () => server?.stop(),
  };
}

async function runSuite(suite: Suite, environment: TestEnvironment): Promise<Outcome> {
  if (suite.build && !environment.isBuilt()) return failure("not run, because the production build failed");
  try {
    if (suite.name === "checks") return await runChecks(environment.base);
    const env = { ...environment.base };
    if (suite.database) env[TEST_SERVER_VARIABLE] = await environment.databaseServer();
    if (suite.browser) env[BROWSER_VARIABLE] = ensureBrowser(console.log);
    return await runVitest(suite.name, env, console.log);
  } catch (error) {
    return failure(error);
  }
}

/** At the same time: each uses one processor, and they share nothing. */
async function runChecks(env: Record<string, string>): Promise<Outcome> {
  const outcomes = await Promise.all([
    runCheck("biome", [binaryOf("@biomejs/biome", "biome"), "check", "."], env),
    // Next writes the types of routes at build time; a fresh clone has none yet.
    runCheck("route types", [binaryOf("next"), "typegen"], env).then(async (types) =>
      types.failed > 0 ? types : runCheck("tsc", [binaryOf("typescript", "tsc"), "--noEmit"], env),
    ),
    runCheck("knip", [binaryOf("knip")], env),
    runCheck("secretlint", [binaryOf("secretlint"), "**/*"], env),
  ]);
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
    skipped: 0,
    notes: outcomes.flatMap(({ notes }) => notes),
  };
}

function failure(reason: unknown): Outcome {
  return {
    passed: 0,
    failed: 1,
    skipped: 0,
    notes: [reason instanceof Error ? reason.message : String(reason)],
  };
}

function printOutcome(name: string, { passed, failed, skipped, notes }: Outcome, durationMs: number): void {
  for (const note of notes) console.log(`  ${note}`);
  const mark = failed === 0 ? colors.green("✓") : colors.red("✗");
  const time = `${(durationMs / 1000).toFixed(1)} s`.padStart(8);
  const rest = skipped > 0 ? `, ${skipped} skipped` : "";
  console.log(`${mark} ${name.padEnd(14)}${time}   ${passed} passed, ${failed} failed${rest}`);
}
