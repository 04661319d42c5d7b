import { chooseEmail } from "./choose-email";
import type { LocalSecrets } from "./secrets";

/** What listens where; the stand-ins of vendors by the vendor's name. */
export type Ports = Record<
  "app" | "stripe" | "resend" | "sendgrid" | "oncall" | "control" | "postgres",
  number
>;

export type StackMode = "dev" | "preview" | "test";

/** Who serves a capability in this run, and why: one line of the table. */
export type CapabilityChoice = {
  capability: "payments" | "email" | "email fallback" | "auth" | "on-call";
  provider: string;
  /** "local": nothing leaves the machine. "vendor": a real account. */
  served: "local" | "vendor";
  why: string;
  warning?: string;
};

export type StackEnvironment = {
  /** For every process of the stack, on top of what the system gives them. An empty string means unset. */
  variables: Record<string, string>;
  capabilities: CapabilityChoice[];
  /** Whether the sandbox process is needed at all. */
  needsSandbox: boolean;
  /** Push the plans to the payments provider before the app is used: not to an account with live money. */
  pushCatalogue: boolean;
};

export type EnvironmentInput = {
  mode: StackMode;
  /** What the process and the .env files say, without blanks. In test mode it is ignored: tests never see a real key. */
  values: Record<string, string>;
  ports: Ports;
  secrets: LocalSecrets;
  databaseUrl: string;
  /** Signed in as an operator in sandbox mode only. */
  demoOperators: string[];
};

const SANDBOX_STRIPE_KEY = "sk_test_sandbox";

/** Everything that a provider may be told by, so that a test run can hide all of it from the app. */
export const PROVIDER_VARIABLES = [
  "PAYMENTS_PROVIDER",
  "STRIPE_SECRET_KEY",
  "STRIPE_WEBHOOK_SECRET",
  "STRIPE_API_BASE",
  "STRIPE_POLL_EVENTS",
  "EMAIL_PROVIDER",
  "EMAIL_FALLBACK_PROVIDER",
  "EMAIL_FROM",
  "RESEND_API_KEY",
  "RESEND_WEBHOOK_SECRET",
  "RESEND_BASE_URL",
  "SENDGRID_API_KEY",
  "SENDGRID_WEBHOOK_PUBLIC_KEY",
  "SENDGRID_BASE_URL",
  "AUTH_PROVIDER",
  "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
  "CLERK_SECRET_KEY",
  "CLERK_JWT_KEY",
  "CLERK_WEBHOOK_SIGNING_SECRET",
  "BETTER_AUTH_SECRET",
  "APP_URL",
  "ADMIN_EMAILS",
  "CRON_SECRET",
  "SENTRY_DSN",
  "NEXT_PUBLIC_SENTRY_DSN",
  "SENTRY_AUTH_TOKEN",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "ONCALL_WEBHOOK_URL",
  "ONCALL_WEBHOOK_SECRET",
  "DIRECT_URL",
  "VERCEL",
];

/**
 * Decides per capability between the sandbox and the vendor and writes down why.
 * Pure: everything it depends on is in its input.
 */
export function stackEnvironment(input: EnvironmentInput): StackEnvironment {
  const values = input.mode === "test" ? {} : input.values;
  const payments = choosePayments(values, input);
  const email = chooseEmail(values, input);
  const auth = chooseAuth(values);
  const needsSandbox = payments.choice.served === "local" || email.served === "local";
  const oncall = chooseOncall(values, input, needsSandbox);
  const capabilities = [payments.choice, ...email.choices, auth, oncall.choice];
  const sandboxMode = needsSandbox || input.mode !== "dev";
  const local = (port: number) => `http://127.0.0.1:${port}`;

  const variables: Record<string, string> = {
    ...(input.mode === "test" ? Object.fromEntries(PROVIDER_VARIABLES.map((name) => [name, ""])) : {}),
    NODE_ENV: input.mode === "dev" ? "development" : "production",
    NEXT_TELEMETRY_DISABLED: "1",
    PORT: String(input.ports.app),
    APP_URL: `http://localhost:${input.ports.app}`,
    DATABASE_URL: input.databaseUrl,
    DIRECT_URL: values.DIRECT_URL ?? "",
    AUTH_PROVIDER: "better-auth",
    BETTER_AUTH_SECRET: values.BETTER_AUTH_SECRET ?? input.secrets.betterAuth,
    CRON_SECRET: values.CRON_SECRET ?? input.secrets.cron,
    ADMIN_EMAILS: [values.ADMIN_EMAILS, ...(sandboxMode ? input.demoOperators : [])]
      .filter(Boolean)
      .join(","),
    SANDBOX: sandboxMode ? "1" : "",
    SANDBOX_STRIPE_PORT: String(input.ports.stripe),
    SANDBOX_RESEND_PORT: String(input.ports.resend),
    SANDBOX_SENDGRID_PORT: String(input.ports.sendgrid),
    SANDBOX_ONCALL_PORT: String(input.ports.oncall),
    SANDBOX_CONTROL_PORT: String(input.ports.control),
    // The sandbox ends when its standard input does (see startPart).
    SANDBOX_LIFELINE: "1",
    // Where the app's sandbox bar leads; only to what is sandboxed.
    SANDBOX_PAYMENTS_URL: payments.choice.served === "local" ? local(input.ports.stripe) : "",
    SANDBOX_MAILBOX_URL: email.served === "local" ? local(input.ports.resend) : "",
    SANDBOX_CONTROL_URL: needsSandbox ? local(input.ports.control) : "",
    ...payments.variables,
    ...email.variables,
    ...oncall.variables,
  };
  return { variables, capabilities, needsSandbox, pushCatalogue: payments.pushCatalogue };
}

type Chosen = { choice: CapabilityChoice; variables: Record<string, string> };

function choosePayments(
  values: Record<string, string>,
  { ports, secrets }: EnvironmentInput,
): Chosen & { pushCatalogue: boolean } {
  const key = values.STRIPE_SECRET_KEY;
  if (key === undefined || key === SANDBOX_STRIPE_KEY) {
    return {
      choice: {
        capability: "payments",
        provider: "Stripe sandbox",
        served: "local",
        why: "set STRIPE_SECRET_KEY for Stripe",
      },
      variables: {
        PAYMENTS_PROVIDER: "stripe",
        STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY,
        STRIPE_API_BASE: `http://127.0.0.1:${ports.stripe}`,
        STRIPE_WEBHOOK_SECRET: values.STRIPE_WEBHOOK_SECRET ?? secrets.stripeWebhook,
        STRIPE_POLL_EVENTS: "",
      },
      pushCatalogue: true,
    };
  }
  const live = /^[rs]k_live_/.test(key);
  const polls = values.STRIPE_WEBHOOK_SECRET === undefined;
  return {
    choice: {
      capability: "payments",
      provider: live ? "Stripe, LIVE mode" : "Stripe, test mode",
      served: "vendor",
      why: `STRIPE_SECRET_KEY is set${polls ? "; no STRIPE_WEBHOOK_SECRET, so events are fetched every few seconds" : ""}`,
      ...(live
        ? { warning: "A live key on your own machine moves real money. Use an sk_test_ key here." }
        : {}),
    },
    variables: {
      PAYMENTS_PROVIDER: "stripe",
      STRIPE_SECRET_KEY: key,
      STRIPE_API_BASE: "",
      // Nobody can sign with the placeholder, so the route stays shut while events come by polling.
      STRIPE_WEBHOOK_SECRET: values.STRIPE_WEBHOOK_SECRET ?? secrets.stripeWebhook,
      STRIPE_POLL_EVENTS: values.STRIPE_POLL_EVENTS ?? (polls ? "1" : ""),
    },
    pushCatalogue: !live,
  };
}

/** Alerts are optional: a sandbox that runs anyway takes them, but none is started for them alone. */
function chooseOncall(
  values: Record<string, string>,
  { ports, secrets }: EnvironmentInput,
  sandboxRuns: boolean,
): Chosen {
  const url = values.ONCALL_WEBHOOK_URL;
  const page = `http://127.0.0.1:${ports.oncall}`;
  const isLocal = url === undefined && sandboxRuns;
  return {
    choice: {
      capability: "on-call",
      provider: url !== undefined ? "your webhook" : isLocal ? "on-call sandbox" : "nobody",
      served: url === undefined ? "local" : "vendor",
      why: url === undefined ? "set ONCALL_WEBHOOK_URL to be alerted" : "ONCALL_WEBHOOK_URL is set",
    },
    variables: {
      ONCALL_WEBHOOK_URL: url ?? (isLocal ? `${page}/webhook` : ""),
      ONCALL_WEBHOOK_SECRET: values.ONCALL_WEBHOOK_SECRET ?? secrets.oncallWebhook,
      SANDBOX_ONCALL_URL: isLocal ? page : "",
    },
  };
}

function chooseAuth(values: Record<string, string>): CapabilityChoice {
  const clerkKeys =
    values.CLERK_SECRET_KEY !== undefined || values.NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY !== undefined;
  return {
    capability: "auth",
    provider: "Better Auth",
    served: "local",
    why: "built in, on your own database",
    ...(clerkKeys
      ? { warning: "Clerk's keys are set, but this version has no Clerk adapter yet: they are not used." }
      : {}),
  };
}
