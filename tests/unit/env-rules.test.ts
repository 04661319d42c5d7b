/** Guards the refusals at boot: each names its variable, and a right environment is not refused. */
import { describe, expect, test } from "vitest";
import { describeProblems, envProblems } from "@/lib/env-rules";

type Variables = Record<string, string | undefined>;

const SECRET = "k3Jd8sLq0pWmZx7RtYvB2nHfGc5aQeUo";
const PRODUCTION: Variables = {
  NODE_ENV: "production",
  DATABASE_URL: "postgresql://app:pw@db.example.com:5432/app",
  APP_URL: "https://app.example.com",
  BETTER_AUTH_SECRET: SECRET,
  CRON_SECRET: SECRET,
  STRIPE_SECRET_KEY: "rk_live_51Abc",
  STRIPE_WEBHOOK_SECRET: "whsec_abc,whsec_def",
  RESEND_API_KEY: "re_123_abc",
  RESEND_WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  EMAIL_FROM: "Acme <hello@acme.com>",
};
const SANDBOX: Variables = {
  NODE_ENV: "production",
  SANDBOX: "1",
  DATABASE_URL: "postgresql://localhost:5488/breakwater",
  APP_URL: "http://localhost:3000",
  BETTER_AUTH_SECRET: SECRET,
  CRON_SECRET: SECRET,
  STRIPE_SECRET_KEY: "sk_test_sandbox",
  STRIPE_API_BASE: "http://127.0.0.1:4010",
  STRIPE_WEBHOOK_SECRET: "whsec_abc",
  RESEND_API_KEY: "re_sandbox",
  RESEND_BASE_URL: "http://127.0.0.1:4011",
  EMAIL_FROM: "Breakwater <hello@breakwater.example>",
};
const DEVELOPMENT: Variables = {
  ...PRODUCTION,
  NODE_ENV: "development",
  APP_URL: undefined,
  CRON_SECRET: undefined,
  STRIPE_SECRET_KEY: "sk_test_51Abc",
  STRIPE_WEBHOOK_SECRET: undefined,
  RESEND_WEBHOOK_SECRET: undefined,
};

const refused = (variables: Variables, builtForSandbox?: boolean) =>
  envProblems(variables, builtForSandbox).map(({ variable }) => variable);
const REQUIRED = Object.keys(PRODUCTION).filter((name) => name !== "NODE_ENV");

describe("a right environment is not refused", () => {
  test.each([
    ["production", PRODUCTION],
    ["production in the vendor's test mode", { ...PRODUCTION, STRIPE_SECRET_KEY: "sk_test_51Abc" }],
    ["production on a machine of one's own", { ...PRODUCTION, APP_URL: "http://localhost:3000" }],
    ["the sandbox", SANDBOX],
    ["the sandbox in development", { ...SANDBOX, NODE_ENV: "development" }],
    [
      "the sandbox beside one real test key",
      { ...SANDBOX, STRIPE_SECRET_KEY: "sk_test_51Abc", STRIPE_API_BASE: "" },
    ],
    ["development with test keys", DEVELOPMENT],
  ] satisfies [string, Variables][])("%s", (_name, variables) => {
    expect(envProblems(variables)).toEqual([]);
  });
});

describe("production is refused", () => {
  test.each(REQUIRED)("without %s, and while it is blank or a placeholder", (variable) => {
    for (const value of [undefined, "", "   "]) {
      expect(refused({ ...PRODUCTION, [variable]: value })).toEqual([variable]);
    }
    for (const value of [
      "changeme",
      "your-key-here",
      "<paste it here>",
      "xxxx",
      "sk_test_...",
      "TODO",
      "whsec_xxxxx",
    ]) {
      expect(refused({ ...PRODUCTION, [variable]: value }), value).toContain(variable);
    }
  });

  test.each(REQUIRED)("with a message that says where to get %s", (variable) => {
    const [problem] = envProblems({ ...PRODUCTION, [variable]: undefined });
    expect(problem?.message).toMatch(/^is not set\. Get it from: .{10,}/);
  });

  test.each([
    ["DATABASE_URL", "mysql://db.example.com/app"],
    ["APP_URL", "app.example.com"],
    ["APP_URL", "ftp://app.example.com"],
    ["BETTER_AUTH_SECRET", "short"],
    ["CRON_SECRET", "short"],
    ["STRIPE_SECRET_KEY", "pk_live_51Abc"],
    ["STRIPE_SECRET_KEY", "whsec_abc"],
    ["STRIPE_WEBHOOK_SECRET", "sk_live_51Abc"],
    ["STRIPE_WEBHOOK_SECRET", "whsec_abc,"],
    ["STRIPE_WEBHOOK_SECRET", "whsec_abc,changeme"],
    ["RESEND_API_KEY", "SG.abc"],
    ["RESEND_WEBHOOK_SECRET", "abc"],
  ])("with %s=%s", (variable, value) => {
    expect(refused({ ...PRODUCTION, [variable]: value })).toEqual([variable]);
  });

  test("on a public address without TLS", () => {
    expect(refused({ ...PRODUCTION, APP_URL: "http://app.example.com" })).toEqual(["APP_URL"]);
  });

  test.each(["STRIPE_API_BASE", "RESEND_BASE_URL"])("with %s: it would send a key elsewhere", (variable) => {
    expect(refused({ ...PRODUCTION, [variable]: "http://127.0.0.1:4010" })).toEqual([variable]);
  });

  test("with the sandbox's keys", () => {
    const keys = { STRIPE_SECRET_KEY: "sk_test_sandbox", RESEND_API_KEY: "re_sandbox" };
    expect(refused({ ...PRODUCTION, ...keys }).sort()).toEqual(["RESEND_API_KEY", "STRIPE_SECRET_KEY"]);
  });

  test("on a build whose static pages carry the sandbox's bar", () => {
    expect(refused(PRODUCTION, true)).toEqual(["SANDBOX"]);
    expect(refused(SANDBOX, true)).toEqual([]);
  });

  test("for everything that is wrong at once, so that it is mended at once", () => {
    expect(refused({ NODE_ENV: "production" }).sort()).toEqual([...REQUIRED].sort());
  });
});

describe("the sandbox is refused", () => {
  test("on Vercel", () => {
    expect(refused({ ...SANDBOX, VERCEL: "1" })).toEqual(["SANDBOX"]);
  });

  test.each([
    "https://app.example.com",
    "http://app.example.com",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://10.0.0.5:3000",
    "http://0.0.0.0:3000",
    "nonsense",
  ])("while the app's address is %s", (appUrl) => {
    expect(refused({ ...SANDBOX, APP_URL: appUrl })).toContain("SANDBOX");
  });

  test.each([
    "http://localhost:3000",
    "http://127.0.0.1:3000",
    "http://[::1]:3000",
    "http://app.localhost:3000",
  ])("not while the app's address is %s", (appUrl) => {
    expect(refused({ ...SANDBOX, APP_URL: appUrl })).toEqual([]);
  });

  test.each(["sk_live_51Abc", "rk_live_51Abc"])("with the live key %s", (key) => {
    expect(refused({ ...SANDBOX, STRIPE_SECRET_KEY: key })).toEqual(["STRIPE_SECRET_KEY"]);
  });
});

describe("development is refused", () => {
  test.each(["sk_live_51Abc", "rk_live_51Abc"])("with the live key %s: it moves real money", (key) => {
    for (const environment of ["development", "test"]) {
      expect(refused({ ...DEVELOPMENT, NODE_ENV: environment, STRIPE_SECRET_KEY: key })).toEqual([
        "STRIPE_SECRET_KEY",
      ]);
    }
  });

  test("with an override of a vendor's address", () => {
    expect(refused({ ...DEVELOPMENT, STRIPE_API_BASE: "http://127.0.0.1:1" })).toEqual(["STRIPE_API_BASE"]);
  });
});

describe("what a person reads", () => {
  test("names each variable on a line of its own, and no value", () => {
    const text = describeProblems(
      envProblems({ ...PRODUCTION, CRON_SECRET: undefined, STRIPE_SECRET_KEY: "pk_live_do_not_print_me" }),
    );
    expect(text).toMatch(/^ {2}CRON_SECRET is not set/m);
    expect(text).toMatch(/^ {2}STRIPE_SECRET_KEY must start with/m);
    expect(text).toContain("npm run doctor");
    expect(text).not.toContain("do_not_print_me");
  });
});
