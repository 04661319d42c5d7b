import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyMigrations, schemaSource } from "./migrate";
import { REPOSITORY } from "./paths";
import { freePort } from "./ports";
import { startPostgres } from "./postgres";

/** Migrated once; every test database is a copy of it (a few milliseconds instead of all migrations). */
export const TEMPLATE_DATABASE = "breakwater_template";

/** Names the server to whoever makes databases on it: its maintenance database, as the superuser. */
export const TEST_SERVER_VARIABLE = "TEST_DATABASE_SERVER_URL";

export type TestServer = { url: string; stop: () => Promise<void> };

/** A PostgreSQL for one run of tests, with the migrated template. It and its data end with this process. */
export async function startTestServer(): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), "breakwater-tests-"));
  const postgres = await startPostgres({
    dataDir,
    port: await freePort(),
    database: TEMPLATE_DATABASE,
    fast: true,
    removeAfter: [dataDir],
  });
  const stop = async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await applyMigrations(postgres.url, schemaSource(REPOSITORY));
  } catch (error) {
    await stop();
    throw error;
  }
  const server = new URL(postgres.url);
  server.pathname = "/postgres";
  return { url: server.href, stop };
}
