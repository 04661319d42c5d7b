import { describe, expect, it } from "vitest";
import { type EnvironmentInput, stackEnvironment } from "@/scripts/stack/env";

const base: EnvironmentInput = {
  mode: "dev",
  values: {},
  ports: { app: 3000, stripe: 4010, resend: 4011, control: 4019, postgres: 5488 },
  secrets: {
    betterAuth: "b".repeat(32),
    cron: "c".repeat(32),
    stripeWebhook: "whsec_s",
    resendWebhook: "whsec_r",
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
