import { describe, expect, it } from "vitest";
import { envProblems } from "@/lib/env-rules";
import { type EnvironmentInput, stackEnvironment } from "@/scripts/stack/env";
import { DEFAULT_PORTS } from "@/scripts/stack/paths";
import { SENDGRID_PRIVATE_KEY, SENDGRID_WEBHOOK_PUBLIC_KEY } from "@/tests/support/vendors";

const base: EnvironmentInput = {
  mode: "dev",
  values: {},
  ports: DEFAULT_PORTS,
  secrets: {
    betterAuth: "b".repeat(32),
    cron: "c".repeat(32),
    stripeWebhook: "whsec_s",
    resendWebhook: "whsec_r",
    sendgridWebhookPrivate: SENDGRID_PRIVATE_KEY,
    oncallWebhook: "o".repeat(16),
  },
  databaseUrl: "postgresql://localhost/x",
  demoOperators: ["operator@example.com"],
};
const withValues = (values: Record<string, string>, mode: EnvironmentInput["mode"] = "dev") =>
  stackEnvironment({ ...base, mode, values });
const why = (environment: ReturnType<typeof stackEnvironment>, capability: string) =>
  environment.capabilities.find((choice) => choice.capability === capability);

describe("with no key at all", () => {
  it("every vendor is played by the sandbox, and the table says which variable changes that", () => {
    const environment = withValues({});
    expect(environment.variables).toMatchObject({
      SANDBOX: "1",
      STRIPE_SECRET_KEY: "sk_test_sandbox",
      STRIPE_API_BASE: "http://127.0.0.1:4010",
      RESEND_API_KEY: "re_sandbox",
      RESEND_BASE_URL: "http://127.0.0.1:4011",
      ADMIN_EMAILS: "operator@example.com",
    });
    expect(why(environment, "payments")?.why).toContain("STRIPE_SECRET_KEY");
    expect(why(environment, "email")?.why).toContain("RESEND_API_KEY");
  });
});

describe("the second mail vendor", () => {
  const SENDGRID_PLAYED = {
    SENDGRID_API_KEY: "SG.sandbox",
    SENDGRID_BASE_URL: "http://127.0.0.1:4012",
    SENDGRID_WEBHOOK_PUBLIC_KEY,
  };
  const SENDGRID_UNSET = { SENDGRID_API_KEY: "", SENDGRID_BASE_URL: "", SENDGRID_WEBHOOK_PUBLIC_KEY: "" };

  it("is played as well where nothing is said, so that a fallback can be seen, and the table says why", () => {
    const environment = withValues({});
    expect(environment.variables).toMatchObject({
      EMAIL_PROVIDER: "resend",
      EMAIL_FALLBACK_PROVIDER: "sendgrid",
      ...SENDGRID_PLAYED,
    });
    expect(why(environment, "email fallback")).toMatchObject({
      provider: "mail sandbox, as SendGrid",
      served: "local",
      why: expect.stringContaining("EMAIL_FALLBACK_PROVIDER"),
    });
  });

  it("is left out by whoever names only the first", () => {
    const environment = withValues({ EMAIL_PROVIDER: "resend" });
    expect(environment.variables).toMatchObject({ EMAIL_FALLBACK_PROVIDER: "", ...SENDGRID_UNSET });
    expect(why(environment, "email fallback")).toBeUndefined();
  });

  it("may be the first: then the mail sandbox plays SendGrid, and nothing of Resend is set", () => {
    const environment = withValues({ EMAIL_PROVIDER: "sendgrid" });
    expect(environment.variables).toMatchObject({
      EMAIL_PROVIDER: "sendgrid",
      ...SENDGRID_PLAYED,
      RESEND_API_KEY: "",
      RESEND_BASE_URL: "",
    });
    expect(why(environment, "email")).toMatchObject({
      provider: "mail sandbox, as SendGrid",
      why: "set SENDGRID_API_KEY for SendGrid",
    });
  });

  it("with both real keys both are real", () => {
    const environment = withValues({
      RESEND_API_KEY: "re_real",
      EMAIL_FROM: "Acme <hello@acme.com>",
      EMAIL_FALLBACK_PROVIDER: "sendgrid",
      SENDGRID_API_KEY: "SG.real",
    });
    expect(environment.variables).toMatchObject({
      RESEND_API_KEY: "re_real",
      RESEND_BASE_URL: "",
      SENDGRID_API_KEY: "SG.real",
      SENDGRID_BASE_URL: "",
    });
    expect(why(environment, "email fallback")).toMatchObject({ provider: "SendGrid", served: "vendor" });
    expect(envProblems(environment.variables)).toEqual([]);
  });

  it("a real fallback without its key is refused rather than played: real mail must not end in a sandbox", () => {
    const { variables } = withValues({
      RESEND_API_KEY: "re_real",
      EMAIL_FROM: "Acme <hello@acme.com>",
      EMAIL_FALLBACK_PROVIDER: "sendgrid",
    });
    expect(variables).toMatchObject(SENDGRID_UNSET);
    expect(envProblems(variables).map(({ variable }) => variable)).toEqual(["SENDGRID_API_KEY"]);
  });

  it("its real key alone is not used, and the table says so", () => {
    const environment = withValues({ SENDGRID_API_KEY: "SG.real" });
    expect(environment.variables).toMatchObject(SENDGRID_PLAYED);
    expect(why(environment, "email")?.warning).toContain("SENDGRID_API_KEY is set, but not used");
  });
});

describe("alerts", () => {
  it("go to the sandbox while one runs, signed with a secret of this clone", () => {
    const environment = withValues({});
    expect(environment.variables).toMatchObject({
      ONCALL_WEBHOOK_URL: "http://127.0.0.1:4013/webhook",
      ONCALL_WEBHOOK_SECRET: "o".repeat(16),
      SANDBOX_ONCALL_URL: "http://127.0.0.1:4013",
    });
    expect(why(environment, "on-call")).toMatchObject({ provider: "on-call sandbox", served: "local" });
  });

  it("go to the webhook that was set, and the sandbox's page is not linked", () => {
    const environment = withValues({
      ONCALL_WEBHOOK_URL: "https://hooks.slack.com/services/x",
      ONCALL_WEBHOOK_SECRET: "a secret of one's own",
    });
    expect(environment.variables).toMatchObject({
      ONCALL_WEBHOOK_URL: "https://hooks.slack.com/services/x",
      ONCALL_WEBHOOK_SECRET: "a secret of one's own",
      SANDBOX_ONCALL_URL: "",
    });
    expect(why(environment, "on-call")).toMatchObject({ provider: "your webhook", served: "vendor" });
  });
});

it.each(["dev", "preview", "test"] as const)("in %s what is chosen is what the app takes at boot", (mode) => {
  const cases: Record<string, string>[] = [
    {},
    { EMAIL_PROVIDER: "sendgrid" },
    { STRIPE_SECRET_KEY: "sk_test_real" },
  ];
  for (const values of cases) expect(envProblems(withValues(values, mode).variables)).toEqual([]);
});

describe("with one real key", () => {
  it("a Stripe test key alone: payments at Stripe, events polled, mail still in the sandbox", () => {
    const environment = withValues({ STRIPE_SECRET_KEY: "sk_test_real" });
    expect(environment.variables).toMatchObject({
      SANDBOX: "1",
      STRIPE_SECRET_KEY: "sk_test_real",
      STRIPE_API_BASE: "",
      STRIPE_POLL_EVENTS: "1",
      STRIPE_WEBHOOK_SECRET: "whsec_s",
      SANDBOX_PAYMENTS_URL: "",
      RESEND_API_KEY: "re_sandbox",
    });
    expect(why(environment, "payments")).toMatchObject({ served: "vendor", provider: "Stripe, test mode" });
  });

  it("with its webhook secret as well, nothing is polled", () => {
    const { variables } = withValues({
      STRIPE_SECRET_KEY: "sk_test_real",
      STRIPE_WEBHOOK_SECRET: "whsec_own",
    });
    expect(variables).toMatchObject({ STRIPE_WEBHOOK_SECRET: "whsec_own", STRIPE_POLL_EVENTS: "" });
  });

  it("a live key gets no catalogue pushed", () => {
    expect(withValues({ STRIPE_SECRET_KEY: "sk_live_real" }).pushCatalogue).toBe(false);
  });

  it("a Resend key alone: mail at Resend, from an address that Resend takes", () => {
    const environment = withValues({ RESEND_API_KEY: "re_real" });
    expect(environment.variables).toMatchObject({
      RESEND_API_KEY: "re_real",
      RESEND_BASE_URL: "",
      EMAIL_FROM: "Breakwater <onboarding@resend.dev>",
      STRIPE_SECRET_KEY: "sk_test_sandbox",
    });
    expect(why(environment, "email")?.warning).toContain("EMAIL_FROM");
  });
});

describe("with every key", () => {
  const keys = { STRIPE_SECRET_KEY: "sk_test_real", RESEND_API_KEY: "re_real" };

  it("dev is not in sandbox mode: no sandbox runs and nobody is made an operator", () => {
    const environment = withValues(keys);
    expect(environment.needsSandbox).toBe(false);
    expect(environment.variables).toMatchObject({ SANDBOX: "", ADMIN_EMAILS: "", SANDBOX_CONTROL_URL: "" });
    expect(environment.variables).toMatchObject({ ONCALL_WEBHOOK_URL: "", EMAIL_FALLBACK_PROVIDER: "" });
    expect(why(environment, "on-call")?.provider).toBe("nobody");
  });

  it("a test run sees none of them", () => {
    const { variables } = withValues({ ...keys, DATABASE_URL: "postgresql://elsewhere/x" }, "test");
    expect(variables).toMatchObject({ STRIPE_SECRET_KEY: "sk_test_sandbox", RESEND_API_KEY: "re_sandbox" });
    expect(variables.SENTRY_DSN).toBe("");
    expect(Object.values(variables).join(" ")).not.toContain("real");
  });
});

it("Clerk's keys are said not to be used", () => {
  expect(why(withValues({ CLERK_SECRET_KEY: "sk_test_clerk" }), "auth")?.warning).toContain("not used");
});
