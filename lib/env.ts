/**
 * The server's environment, typed. What must be there in which mode is decided in lib/env-rules.ts at boot, before
 * this is loaded, so that a build needs no keys and a boot names its problems and where to get what is missing.
 */
import { createEnv } from "@t3-oss/env-nextjs";
import { z } from "zod";

const url = z.url({ protocol: /^https?$/ });
const list = z
  .string()
  .transform((value) => value.split(",").map((entry) => entry.trim()))
  .pipe(z.array(z.string().min(1)));
const emailProvider = z.enum(["resend", "sendgrid"]);

export const env = createEnv({
  server: {
    NODE_ENV: z.enum(["development", "production", "test"]).default("development"),
    VERCEL: z.string().optional(),

    DATABASE_URL: z.string().optional(),
    PAYLOAD_RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).default(30),

    APP_URL: url.optional(),
    ADMIN_EMAILS: list.optional(),
    CRON_SECRET: z.string().optional(),

    PAYMENTS_PROVIDER: z.enum(["stripe"]).default("stripe"),
    STRIPE_SECRET_KEY: z.string().optional(),
    STRIPE_WEBHOOK_SECRET: list.optional(),
    STRIPE_API_BASE: url.optional(),
    STRIPE_POLL_EVENTS: z.enum(["0", "1"]).optional(),

    EMAIL_PROVIDER: emailProvider.default("resend"),
    EMAIL_FALLBACK_PROVIDER: emailProvider.optional(),
    EMAIL_FROM: z.string().optional(),
    RESEND_API_KEY: z.string().optional(),
    RESEND_WEBHOOK_SECRET: list.optional(),
    RESEND_BASE_URL: url.optional(),
    SENDGRID_API_KEY: z.string().optional(),
    SENDGRID_WEBHOOK_PUBLIC_KEY: list.optional(),
    SENDGRID_BASE_URL: url.optional(),

    AUTH_PROVIDER: z.enum(["better-auth"]).default("better-auth"),
    BETTER_AUTH_SECRET: z.string().optional(),

    ONCALL_WEBHOOK_URL: url.optional(),
    ONCALL_WEBHOOK_SECRET: z.string().optional(),
    SENTRY_DSN: url.optional(),
    OTEL_EXPORTER_OTLP_ENDPOINT: url.optional(),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url.optional(),

    SANDBOX: z.enum(["0", "1"]).optional(),
    SANDBOX_MAILBOX_URL: url.optional(),
    SANDBOX_PAYMENTS_URL: url.optional(),
    SANDBOX_ONCALL_URL: url.optional(),
    SANDBOX_CONTROL_URL: url.optional(),
  },
  experimental__runtimeEnv: {},
  emptyStringAsUndefined: true,
  onValidationError: (issues) => {
    // Names and reasons only: a value may be a secret.
    const lines = issues.map((issue) => `  ${issue.path?.map(String).join(".")} ${issue.message}`);
    throw new Error(["The environment is not valid:", ...lines].join("\n"));
  },
});

/** Whether vendors without a key are served by local stand-ins. */
export const isSandbox = env.SANDBOX === "1";

/** The app's own origin, without a trailing slash; set in every process that serves, as lib/env-rules.ts demands. */
export function appUrl(): string {
  return (env.APP_URL ?? "http://localhost:3000").replace(/\/+$/, "");
}
