import { randomUUID } from "node:crypto";
import { withClient } from "@/scripts/stack/database-client";
import { TEMPLATE_DATABASE, TEST_SERVER_VARIABLE } from "@/scripts/stack/test-database";

export type TestDatabase = {
  /** For DATABASE_URL or a client of one's own. */
  url: string;
  /** Ends every connection to it and deletes it. */
  drop: () => Promise<void>;
};

/**
 * A migrated, empty database of the test's own, on the PostgreSQL that this test run has started
 * (`npm test`, or tests/support/global-database.ts when vitest is run directly).
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE}`);
  const url = new URL(testServerUrl());
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

function testServerUrl(): string {
  const url = process.env[TEST_SERVER_VARIABLE];
  if (url) return url;
  throw new Error(
    `${TEST_SERVER_VARIABLE} is not set: is this suite's globalSetup missing in vitest.config.ts?`,
  );
}

async function onServer(statement: string): Promise<void> {
  await withClient(testServerUrl(), (client) => client.query(statement));
}
