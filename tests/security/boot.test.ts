/**
 * Guards the boot: the built app, started with a bad environment, ends with code 1 and names the variable; with a right
 * one it serves.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuiltApp, startBuiltApp } from "@/tests/support/built-app";
import { createTestDatabase, type TestDatabase } from "@/tests/support/database";

const SECRET = "k3Jd8sLq0pWmZx7RtYvB2nHfGc5aQeUo";

let database: TestDatabase;
const running: BuiltApp[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  for (const app of running) app.kill("SIGKILL");
  await database?.drop();
});

/** A sandbox on nobody: what the tests' build may be started with. */
const sandbox = (): Record<string, string> => ({
  SANDBOX: "1",
  APP_URL: "http://localhost:4250",
  DATABASE_URL: database.url,
  BETTER_AUTH_SECRET: SECRET,
  CRON_SECRET: SECRET,
  STRIPE_SECRET_KEY: "sk_test_sandbox",
  STRIPE_API_BASE: "http://127.0.0.1:9",
  STRIPE_WEBHOOK_SECRET: "whsec_Y3VycmVudA==",
  EMAIL_FROM: "Breakwater <hello@breakwater.example>",
  RESEND_API_KEY: "re_sandbox",
  RESEND_BASE_URL: "http://127.0.0.1:9",
  RESEND_WEBHOOK_SECRET: "whsec_Y3VycmVudA==",
});

/** What a real deployment has. */
const production = (): Record<string, string> => ({
  ...sandbox(),
  SANDBOX: "",
  APP_URL: "https://app.example.com",
  STRIPE_SECRET_KEY: "sk_live_51Abc",
  STRIPE_API_BASE: "",
  RESEND_API_KEY: "re_123_abc",
  RESEND_BASE_URL: "",
});

async function start(variables: Record<string, string>): Promise<BuiltApp> {
  const app = await startBuiltApp(variables);
  running.push(app);
  return app;
}

async function expectRefused(variables: Record<string, string>, variable: string) {
  const app = await start(variables);
  const timer = setTimeout(() => app.kill("SIGKILL"), 30_000);
  const code = await app.exited;
  clearTimeout(timer);
  expect(app.errors()).toMatch(new RegExp(`^ {2}${variable} \\S`, "m"));
  expect(code).toBe(1);
  return app.errors();
}

describe.concurrent("the app refuses to start", () => {
  test("without anything set, naming everything at once", async () => {
    const said = await expectRefused({}, "DATABASE_URL");
    for (const variable of Object.keys(production()).filter(
      (name) => production()[name] && name !== "SANDBOX",
    )) {
      expect(said).toContain(`  ${variable} is not set`);
    }
    expect(said).toMatch(/https:\/\/dashboard\.stripe\.com/);
  });

  test.each([
    ["while a variable is blank", "BETTER_AUTH_SECRET", { BETTER_AUTH_SECRET: "   " }],
    ["while a placeholder was left", "STRIPE_SECRET_KEY", { STRIPE_SECRET_KEY: "sk_test_..." }],
    ["with a value of another kind", "RESEND_API_KEY", { RESEND_API_KEY: "SG.abc" }],
    ["with a value of no shape at all", "APP_URL", { APP_URL: "nonsense" }],
    [
      "with a live key in the sandbox",
      "STRIPE_SECRET_KEY",
      { STRIPE_SECRET_KEY: "sk_live_51Abc", STRIPE_API_BASE: "" },
    ],
    ["with the sandbox on Vercel", "SANDBOX", { VERCEL: "1" }],
    ["with the sandbox on a public address", "SANDBOX", { APP_URL: "https://app.example.com" }],
  ])("%s", async (_name, variable, changes) => {
    await expectRefused({ ...sandbox(), ...changes }, variable);
  });

  test.each([
    [
      "with an override of the payments vendor's address",
      "STRIPE_API_BASE",
      { STRIPE_API_BASE: "http://127.0.0.1:9" },
    ],
    [
      "with an override of the mail vendor's address",
      "RESEND_BASE_URL",
      { RESEND_BASE_URL: "http://127.0.0.1:9" },
    ],
    ["with the sandbox's key", "STRIPE_SECRET_KEY", { STRIPE_SECRET_KEY: "sk_test_sandbox" }],
    ["without a webhook secret", "STRIPE_WEBHOOK_SECRET", { STRIPE_WEBHOOK_SECRET: "" }],
    ["on a build that was made for the sandbox", "SANDBOX", {}],
  ])("in production %s", async (_name, variable, changes) => {
    const said = await expectRefused({ ...production(), ...changes }, variable);
    expect(said).not.toContain("sk_live_51Abc");
  });
});

describe("the app starts", () => {
  test("with a right environment, and ends when it is told to", async () => {
    const app = await start(sandbox());
    await app.ready();
    const health = await fetch(`${app.url}/api/health`);
    expect(await health.json()).toEqual({ status: "ok", database: "ok" });
    expect(health.headers.get("x-powered-by")).toBeNull();
    app.kill("SIGTERM");
    await app.exited;
    expect(app.errors()).toBe("");
  });
});
