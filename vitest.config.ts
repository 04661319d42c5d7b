import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "");

type Suite = {
  name: string;
  testTimeoutMs: number;
  serial?: boolean;
  database?: boolean;
  /** The built app and the sandbox, shared by the suite's files. */
  stack?: boolean;
};

/** One project per folder of tests/, in the order in which `npm test` runs them. */
const suites: Suite[] = [
  { name: "unit", testTimeoutMs: 5_000 },
  { name: "architecture", testTimeoutMs: 60_000 },
  { name: "contracts", testTimeoutMs: 20_000, database: true },
  { name: "integration", testTimeoutMs: 30_000, database: true },
  { name: "security", testTimeoutMs: 60_000, database: true },
  // These start whole stacks: one at a time, or they starve each other of the processor.
  { name: "reliability", testTimeoutMs: 120_000, database: true, serial: true },
  { name: "e2e", testTimeoutMs: 120_000, database: true, serial: true, stack: true },
];

export default defineConfig({
  resolve: {
    alias: {
      "@": root,
      // Throws outside Next; tests call server modules directly.
      "server-only": `${root}/tests/support/server-only.ts`,
    },
  },
  test: {
    projects: suites.map(({ name, testTimeoutMs, serial, database, stack }) => ({
      extends: true,
      test: {
        name,
        include: [`tests/${name}/**/*.test.{ts,tsx}`],
        environment: "node",
        globalSetup: [
          ...(database ? [`${root}/tests/support/global-database.ts`] : []),
          ...(stack ? [`${root}/tests/support/global-stack.ts`] : []),
        ],
        testTimeout: testTimeoutMs,
        hookTimeout: Math.max(testTimeoutMs, 60_000),
        fileParallelism: !serial,
        // As many browsers as two processors can carry.
        maxConcurrency: stack ? 3 : 5,
        // A test that passes at the second attempt is not a passing test.
        retry: 0,
      },
    })),
  },
});
