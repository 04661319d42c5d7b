import { envProblems, isPlaceholder } from "@/lib/env-rules";
import { type Check, type DoctorContext, type Finding, fingerprint } from "./finding";

type Shape = { pattern: RegExp; expected: string; list?: boolean; secret?: boolean };

const port: Shape = { pattern: /^\d{1,5}$/, expected: "a port number, for example 3000" };
const httpUrl: Shape = { pattern: /^https?:\/\/[^\s/]+(\/\S*)?$/, expected: "an http(s) URL" };
const postgresUrl: Shape = {
  pattern: /^postgres(ql)?:\/\/\S+@?\S+\/\S+$/,
  expected: "postgresql://user:password@host:5432/name",
  secret: true,
};
const webhookSecret: Shape = {
  pattern: /^whsec_[A-Za-z0-9+/=_-]{16,}$/,
  expected: "whsec_ and the rest of the signing secret",
  list: true,
  secret: true,
};
const mailVendor: Shape = { pattern: /^(resend|sendgrid)$/, expected: "resend or sendgrid" };
const sentryDsn: Shape = {
  pattern: /^https?:\/\/[^\s@/]+@[^\s@/]+\/\S+$/,
  expected: "https://<public key>@<host>/<project>",
};
const flag: Shape = { pattern: /^[01]$/, expected: "0 or 1" };

/** What each variable looks like when it is right. Which ones are required, and where, is lib/env-rules.ts. */
export const SHAPES: Record<string, Shape> = {
  APP_URL: {
    pattern: /^https?:\/\/[^\s/]+\/?$/,
    expected: "an origin without a path, for example https://app.example.com",
  },
  ADMIN_EMAILS: {
    pattern: /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/,
    expected: "e-mail addresses, separated by commas",
    list: true,
  },
  BETTER_AUTH_SECRET: {
    pattern: /^\S{32,}$/,
    expected: "at least 32 characters: openssl rand -base64 32",
    secret: true,
  },
  CRON_SECRET: {
    pattern: /^\S{16,}$/,
    expected: "at least 16 characters: openssl rand -base64 32",
    secret: true,
  },
  DATABASE_URL: postgresUrl,
  DIRECT_URL: postgresUrl,
  PAYLOAD_RETENTION_DAYS: { pattern: /^[1-9]\d{0,3}$/, expected: "a number of days, 1 to 3650" },
  PAYMENTS_PROVIDER: { pattern: /^stripe$/, expected: "stripe" },
  STRIPE_SECRET_KEY: {
    pattern: /^((sk|rk)_(test|live)_[A-Za-z0-9]{16,}|sk_test_sandbox)$/,
    expected: "sk_test_… or rk_test_… from https://dashboard.stripe.com/apikeys",
    secret: true,
  },
  STRIPE_WEBHOOK_SECRET: webhookSecret,
  STRIPE_POLL_EVENTS: flag,
  STRIPE_API_BASE: httpUrl,
  EMAIL_PROVIDER: mailVendor,
  EMAIL_FALLBACK_PROVIDER: mailVendor,
  EMAIL_FROM: {
    pattern: /^([^<>]*<[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+)$/,
    expected: "Name <address@your-domain>",
  },
  RESEND_API_KEY: {
    pattern: /^(re_[A-Za-z0-9_]{16,}|re_sandbox)$/,
    expected: "re_… from https://resend.com/api-keys",
    secret: true,
  },
  RESEND_WEBHOOK_SECRET: webhookSecret,
  RESEND_BASE_URL: httpUrl,
  SENDGRID_API_KEY: {
    pattern: /^SG\.([\w-]{16,}\.[\w-]{16,}|sandbox)$/,
    expected: "SG.… from https://app.sendgrid.com/settings/api_keys",
    secret: true,
  },
  SENDGRID_WEBHOOK_PUBLIC_KEY: {
    pattern: /^MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE[A-Za-z0-9+/]{86}==$/,
    expected: "the verification key of the signed event webhook, one line that begins with MFkw",
    list: true,
  },
  SENDGRID_BASE_URL: httpUrl,
  AUTH_PROVIDER: { pattern: /^better-auth$/, expected: "better-auth" },
  NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: { pattern: /^pk_(test|live)_\S+$/, expected: "pk_test_… or pk_live_…" },
  CLERK_SECRET_KEY: { pattern: /^sk_(test|live)_\S+$/, expected: "sk_test_… or sk_live_…", secret: true },
  // Whoever knows Slack's address may post there.
  ONCALL_WEBHOOK_URL: { ...httpUrl, secret: true },
  ONCALL_WEBHOOK_SECRET: {
    pattern: /^\S{16,}$/,
    expected: "at least 16 characters: openssl rand -base64 32",
    secret: true,
  },
  SENTRY_DSN: sentryDsn,
  NEXT_PUBLIC_SENTRY_DSN: sentryDsn,
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl,
  SANDBOX: flag,
  PORT: port,
  SANDBOX_STRIPE_PORT: port,
  SANDBOX_RESEND_PORT: port,
  SANDBOX_SENDGRID_PORT: port,
  SANDBOX_ONCALL_PORT: port,
  SANDBOX_CONTROL_PORT: port,
  EMBEDDED_PG_PORT: port,
};

/** Each variable that is set: blank, quoted, a placeholder, or not of its shape. */
export const checkShapes: Check = ({ values, files }) => {
  const findings: Finding[] = [];
  for (const { path, values: set } of files) {
    for (const [name, value] of Object.entries(set)) {
      if (value.trim() === "" && name in SHAPES) {
        findings.push({
          id: `blank:${name}`,
          group: "variables",
          level: "warn",
          message: `${name} is blank in ${path}, which counts as unset.`,
          fix: `Give ${name} a value in ${path}, or delete the line.`,
        });
      }
    }
  }
  for (const [name, shape] of Object.entries(SHAPES)) {
    const value = values[name];
    const complaint = value === undefined ? undefined : complaintAbout(value, shape);
    if (complaint === undefined || value === undefined) continue;
    const shown = shape.secret ? ` (${fingerprint(value)})` : `: "${value}"`;
    findings.push({
      id: `shape:${name}`,
      group: "variables",
      level: "fail",
      message: `${name} ${complaint}${shown}.`,
      fix: `Set ${name} to ${shape.expected}.`,
    });
  }
  if (findings.length > 0) return findings;
  return [
    {
      id: "shape",
      group: "variables",
      level: "ok",
      message: "Every variable that is set has the right form.",
    },
  ];
};

function complaintAbout(value: string, shape: Shape): string | undefined {
  if (value !== value.trim()) return "begins or ends with white space";
  if (/^(["']).*\1$/.test(value)) return "has its quotation marks as part of the value";
  const parts = shape.list ? value.split(",").map((part) => part.trim()) : [value];
  if (parts.some(isPlaceholder)) return "still holds a placeholder";
  return parts.every((part) => shape.pattern.test(part)) ? undefined : "does not have the right form";
}

/** Test and live keys that do not belong together, by the one letter group that says which they are. */
export const checkModes: Check = ({ values }) => {
  const modes = ["STRIPE_SECRET_KEY", "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY"].flatMap(
    (name) => {
      const mode = values[name]?.match(/^[a-z]+_(test|live)_/)?.[1];
      return mode === undefined ? [] : [{ name, mode }];
    },
  );
  const findings: Finding[] = [];
  const live = modes.filter(({ mode }) => mode === "live").map(({ name }) => name);
  const test = modes.filter(({ mode }) => mode === "test").map(({ name }) => name);
  if (live.length > 0 && test.length > 0) {
    findings.push({
      id: "mode-mix",
      group: "variables",
      level: "fail",
      message: `Test and live keys are mixed: ${test.join(", ")} (test), ${live.join(", ")} (live).`,
      fix: `Replace ${live.join(", ")} by the test key of the same account.`,
    });
  }
  if (live.includes("STRIPE_SECRET_KEY")) {
    findings.push({
      id: "live-key",
      group: "variables",
      level: "fail",
      message: "STRIPE_SECRET_KEY is a live key on a development machine: it would move real money.",
      fix: "Set STRIPE_SECRET_KEY to an sk_test_ key from https://dashboard.stripe.com/test/apikeys.",
    });
  }
  return findings;
};

/** What only the commands set, set by hand; and what would refuse to boot with these variables wherever it is deployed. */
export const checkSandboxFlags: Check = ({ values, files, fromProcess }) => {
  const findings: Finding[] = [];
  const setByHand = (name: string) =>
    fromProcess.has(name) ? "the environment" : files.find((file) => file.values[name]?.trim())?.path;
  for (const name of [
    "SANDBOX",
    "STRIPE_API_BASE",
    "RESEND_BASE_URL",
    "SENDGRID_BASE_URL",
    "SANDBOX_MAILBOX_URL",
    "SANDBOX_PAYMENTS_URL",
    "SANDBOX_ONCALL_URL",
    "SANDBOX_SENDGRID_PRIVATE_KEY",
    "SANDBOX_CONTROL_URL",
  ]) {
    const where = setByHand(name);
    if (where === undefined) continue;
    findings.push({
      id: `set-by-hand:${name}`,
      group: "variables",
      level: "warn",
      message: `${name} is set in ${where}; dev and preview set it themselves, and production refuses it.`,
      fix: where === "the environment" ? `unset ${name}` : `Delete the line ${name}=… in ${where}.`,
    });
  }
  const refused = envProblems({ ...values, NODE_ENV: "production" }).filter(({ variable }) =>
    isMisplaced(variable, values),
  );
  for (const { variable, message } of refused) {
    findings.push({
      id: `refused:${variable}`,
      group: "variables",
      level: "fail",
      message: `${variable} ${message}`,
      fix:
        variable === FALLBACK
          ? `Set ${FALLBACK} to the other vendor, or delete its line.`
          : `Remove ${variable} where the app is deployed.`,
    });
  }
  return findings;
};

const FALLBACK = "EMAIL_FALLBACK_PROVIDER";
const OVERRIDES = ["STRIPE_API_BASE", "RESEND_BASE_URL", "SENDGRID_BASE_URL"];

/** Of the boot's own rules, those about what stands where it may not; what is merely missing is played by the sandbox. */
function isMisplaced(variable: string, values: DoctorContext["values"]): boolean {
  if (variable === "SANDBOX" || variable === FALLBACK) return true;
  return OVERRIDES.includes(variable) && values.SANDBOX !== "1";
}
