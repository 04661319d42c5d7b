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
const PUBLIC_KEY = `MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE${"Ab1/".repeat(21)}Ab==`;
const SENDGRID: Variables = {
  ...PRODUCTION,
  EMAIL_PROVIDER: "sendgrid",
  RESEND_API_KEY: undefined,
  RESEND_WEBHOOK_SECRET: undefined,
  SENDGRID_API_KEY: "SG.abc.def",
  SENDGRID_WEBHOOK_PUBLIC_KEY: PUBLIC_KEY,
};
/** Resend first, SendGrid second. */
const BOTH: Variables = {
  ...PRODUCTION,
  EMAIL_FALLBACK_PROVIDER: "sendgrid",
  SENDGRID_API_KEY: "SG.abc.def",
  SENDGRID_WEBHOOK_PUBLIC_KEY: `${PUBLIC_KEY},${PUBLIC_KEY}`,
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

const REVERSED: Variables = { EMAIL_PROVIDER: "sendgrid", EMAIL_FALLBACK_PROVIDER: "resend" };
const SANDBOX_FALLBACK: Variables = {
  EMAIL_FALLBACK_PROVIDER: "sendgrid",
  SENDGRID_API_KEY: "SG.sandbox",
  SENDGRID_BASE_URL: "http://127.0.0.1:4012",
};
const ONCALL: Variables = {
  ONCALL_WEBHOOK_URL: "https://hooks.example.com/services/abc",
  ONCALL_WEBHOOK_SECRET: SECRET,
};
const DSN = "https://0123abcd@o1.ingest.sentry.io/42";

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
    ["production that sends with SendGrid alone", SENDGRID],
    ["production with a second mail vendor", BOTH],
    ["production with the two the other way round", { ...BOTH, ...REVERSED }],
    ["the sandbox with a second mail vendor", { ...SANDBOX, ...SANDBOX_FALLBACK }],
    ["a webhook that wakes somebody", { ...PRODUCTION, ...ONCALL }],
    ["one on this machine", { ...PRODUCTION, ...ONCALL, ONCALL_WEBHOOK_URL: "http://127.0.0.1:9" }],
    ["one without TLS, in the sandbox", { ...SANDBOX, ...ONCALL, ONCALL_WEBHOOK_URL: "http://oncall.test" }],
    ["error monitoring", { ...PRODUCTION, SENTRY_DSN: DSN, NEXT_PUBLIC_SENTRY_DSN: DSN }],
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
    ...["0", "-1", "30.5", "thirty", "3651", "10000"].map((days) => ["PAYLOAD_RETENTION_DAYS", days]),
    ["STRIPE_SECRET_KEY", "pk_live_51Abc"],
    ["STRIPE_SECRET_KEY", "whsec_abc"],
    ["STRIPE_WEBHOOK_SECRET", "sk_live_51Abc"],
    ["STRIPE_WEBHOOK_SECRET", "whsec_abc,"],
    ["STRIPE_WEBHOOK_SECRET", "whsec_abc,changeme"],
    ["RESEND_API_KEY", "SG.abc"],
    ["RESEND_WEBHOOK_SECRET", "abc"],
    ["EMAIL_PROVIDER", "postmark"],
    ["SENDGRID_API_KEY", "re_123"],
    ["SENDGRID_WEBHOOK_PUBLIC_KEY", "abc"],
    ["SENDGRID_WEBHOOK_PUBLIC_KEY", `${PUBLIC_KEY},abc`],
    ["ONCALL_WEBHOOK_URL", "hooks.slack.com/services/x"],
    ["ONCALL_WEBHOOK_URL", "http://hooks.slack.com/services/x"],
    ["ONCALL_WEBHOOK_SECRET", "short"],
    ["SENTRY_DSN", "o1.ingest.sentry.io/42"],
    ["SENTRY_DSN", "https://o1.ingest.sentry.io/42"],
    ["NEXT_PUBLIC_SENTRY_DSN", "0123abcd"],
  ])("with %s=%s", (variable, value) => {
    const secret = variable === "ONCALL_WEBHOOK_URL" ? { ONCALL_WEBHOOK_SECRET: SECRET } : {};
    expect(refused({ ...PRODUCTION, ...secret, [variable]: value })).toEqual([variable]);
  });

  test.each(["1", "30", "365", "3650"])("not with payloads kept for %s days", (days) => {
    expect(refused({ ...PRODUCTION, PAYLOAD_RETENTION_DAYS: days })).toEqual([]);
  });

  test("on a public address without TLS", () => {
    expect(refused({ ...PRODUCTION, APP_URL: "http://app.example.com" })).toEqual(["APP_URL"]);
  });

  test.each(["STRIPE_API_BASE", "RESEND_BASE_URL", "SENDGRID_BASE_URL"])(
    "with %s: it would send a key elsewhere",
    (variable) => {
      expect(refused({ ...PRODUCTION, [variable]: "http://127.0.0.1:4010" })).toEqual([variable]);
    },
  );

  test("with the sandbox's keys", () => {
    const keys = {
      STRIPE_SECRET_KEY: "sk_test_sandbox",
      RESEND_API_KEY: "re_sandbox",
      SENDGRID_API_KEY: "SG.sandbox",
    };
    expect(refused({ ...BOTH, ...keys }).sort()).toEqual(Object.keys(keys).sort());
  });

  test("on a build whose static pages carry the sandbox's bar", () => {
    expect(refused(PRODUCTION, true)).toEqual(["SANDBOX"]);
    expect(refused(SANDBOX, true)).toEqual([]);
  });

  test("for everything that is wrong at once, so that it is mended at once", () => {
    expect(refused({ NODE_ENV: "production" }).sort()).toEqual([...REQUIRED].sort());
  });
});

describe("mail vendors", () => {
  const RESEND = ["RESEND_API_KEY", "RESEND_WEBHOOK_SECRET"];
  const SENDGRID_OWN = ["SENDGRID_API_KEY", "SENDGRID_WEBHOOK_PUBLIC_KEY"];

  test.each([
    ["the first", SENDGRID, SENDGRID_OWN],
    ["the second", BOTH, SENDGRID_OWN],
    ["the second, the other way round", { ...BOTH, ...REVERSED }, RESEND],
    ["the first, the other way round", { ...BOTH, ...REVERSED }, SENDGRID_OWN],
  ])("a vendor that is %s needs what is its own", (_name, variables, own) => {
    const missing = Object.fromEntries(own.map((variable) => [variable, undefined]));
    expect(refused({ ...variables, ...missing })).toEqual(own);
  });

  test.each(["resend", "sendgrid"])("the second may not be the first: %s", (vendor) => {
    const same = { EMAIL_PROVIDER: vendor, EMAIL_FALLBACK_PROVIDER: vendor };
    expect(refused({ ...BOTH, ...same })).toEqual(["EMAIL_FALLBACK_PROVIDER"]);
  });

  test("resend is the first where none is named", () => {
    expect(refused({ ...BOTH, EMAIL_PROVIDER: "", EMAIL_FALLBACK_PROVIDER: "resend" })).toEqual([
      "EMAIL_FALLBACK_PROVIDER",
    ]);
  });

  test.each(["RESEND_BASE_URL", "SENDGRID_BASE_URL"])(
    "a real one and a played one are not mixed: without %s",
    (variable) => {
      const mixed = { ...SANDBOX, ...SANDBOX_FALLBACK, [variable]: "" };
      expect(refused(mixed)).toEqual(["EMAIL_FALLBACK_PROVIDER"]);
    },
  );
});

test("a webhook that wakes somebody needs a secret to sign with", () => {
  expect(refused({ ...PRODUCTION, ...ONCALL, ONCALL_WEBHOOK_SECRET: undefined })).toEqual([
    "ONCALL_WEBHOOK_SECRET",
  ]);
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
