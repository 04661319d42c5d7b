/** The command that lays the prices down at the vendor, as `npm run dev` and a deployment run it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { runModule } from "@/tests/support/run-module";

let backend: Awaited<ReturnType<typeof startBackend>>;

beforeAll(async () => {
  backend = await startBackend();
});
afterAll(() => backend?.stop());

const push = (variables: Record<string, string>) =>
  runModule('await load("scripts/billing-push.ts");', {
    STRIPE_SECRET_KEY: "sk_test_sandbox",
    STRIPE_API_BASE: backend.urls.stripe,
    ...variables,
  });

test("asks the vendor itself, whatever the app's instances have found of it", async () => {
  await backend.rows(
    `INSERT INTO integration_circuit (provider, mode, effect, state, epoch, cause)
     VALUES ('stripe', 'SANDBOX', 'READ', 'OPEN', 1, 'operator'), ('stripe', 'SANDBOX', 'WRITE', 'OPEN', 1, 'operator')`,
  );
  const run = await push({ DATABASE_URL: backend.databaseUrl });
  expect(run).toMatchObject({ exitCode: 0 });
  expect(run.stdout).toMatch(/Prices at stripe \(sandbox\): 4 created, 0 unchanged/);
});

test("needs no database, and changes nothing when it is run again", async () => {
  const run = await push({});
  expect(run).toMatchObject({ exitCode: 0 });
  expect(run.stdout).toMatch(/0 created, 4 unchanged/);
});
