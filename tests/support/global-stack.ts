import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { DEMO_OPERATORS } from "@/prisma/demo-people";
import { ensureBrowser } from "@/scripts/stack/find-browser";
import { startStack } from "@/scripts/stack/start-stack";
import { createTestDatabase } from "./database";
import { asStackUnderTest, EVIDENCE_FOLDER, FENCED } from "./stack-under-test";

/**
 * One stack for the whole suite: the production build in `.next`, the sandbox and a database of its own, on whatever
 * ports are free. What its parts print is kept beside the evidence of failed tests.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  rmSync(EVIDENCE_FOLDER, { recursive: true, force: true });
  mkdirSync(EVIDENCE_FOLDER, { recursive: true });
  const log = join(EVIDENCE_FOLDER, "stack.log");
  const browserPath = ensureBrowser(console.log);
  const database = await createTestDatabase();
  const stack = await startStack({
    mode: "test",
    databaseUrl: database.url,
    demoOperators: DEMO_OPERATORS,
    env: FENCED,
    reporter: {
      line: (part, line) => appendFileSync(log, `${part}: ${line}\n`),
      done: () => undefined,
      note: () => undefined,
    },
  });
  void stack.failed.then((failure) => console.error(failure.message));
  project.provide("stack", asStackUnderTest(stack, browserPath));
  return async () => {
    await stack.stop();
    await database.drop();
  };
}
