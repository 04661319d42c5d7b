import { startTestServer, TEST_SERVER_VARIABLE } from "@/scripts/stack/test-database";

/** Starts the suite's database when vitest is run directly; `npm test` has started one for all suites. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env[TEST_SERVER_VARIABLE]) return undefined;
  const server = await startTestServer();
  process.env[TEST_SERVER_VARIABLE] = server.url;
  return server.stop;
}
