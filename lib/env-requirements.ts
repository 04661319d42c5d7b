/** What each variable must look like, where it must be set and where to get it: the data of lib/env-rules.ts. */

/** An environment as it was given. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface EnvRequirement {
  variable: string;
  /** Where to get it. */
  source: string;
  /** Starts of a well-formed value; empty for any. */
  prefixes: readonly string[];
  minLength?: number;
  pattern?: RegExp;
  /** A comma list (secrets in rotation), checked entry by entry. */
  list?: boolean;
  requiredIn: "always" | "production" | "public" | "nowhere";
  /** Narrows `requiredIn`: required only where this holds as well. */
  requiredIf?: (variables: Variables) => boolean;
}

/** Whether this vendor is the first or the second to send mail. */
const sendsMail = (vendor: string) => (variables: Variables) =>
  vendor === (variables.EMAIL_PROVIDER || "resend") || vendor === variables.EMAIL_FALLBACK_PROVIDER;

/** `https://<public key>@<host>/<project>`, as Sentry and those who speak its protocol give it. */
const SENTRY_DSN = /^https?:\/\/[^\s@/]+@[^\s@/]+\/\S+$/;
/** A P-256 public key, DER in base64: its first 27 bytes are the same in all of them. */
const P256_PUBLIC_KEY = /^MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE[A-Za-z0-9+/]{86}==$/;

/** 1 to 3650. */
const DAYS = /^([1-9]\d{0,2}|[12]\d{3}|3[0-5]\d{2}|36[0-4]\d|3650)$/;

/** "Name <address>" or an address alone. */
const SENDER = /^([^<>]*<[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+)$/;

export const STRIPE_KEYS = "https://dashboard.stripe.com/apikeys";
export const ENV_REQUIREMENTS: readonly EnvRequirement[] = [
  {
    variable: "DATABASE_URL",
    source: "your Postgres host (Neon, Supabase, RDS …); `npm run dev` brings its own",
    prefixes: ["postgres://", "postgresql://"],
    requiredIn: "always",
  },
  {
    variable: "APP_URL",
    source: "the public address of this app, for example https://app.example.com",
    prefixes: ["https://", "http://"],
    requiredIn: "production",
  },
  {
    variable: "PAYLOAD_RETENTION_DAYS",
    source: "a number of days from 1 to 3650 of your choice; unset, 30",
    prefixes: [],
    pattern: DAYS,
    requiredIn: "nowhere",
  },
  {
    variable: "BETTER_AUTH_SECRET",
    source: "`openssl rand -base64 32`",
    prefixes: [],
    minLength: 32,
    requiredIn: "always",
  },
  {
    variable: "CRON_SECRET",
    source: "`openssl rand -base64 32`",
    prefixes: [],
    minLength: 16,
    requiredIn: "production",
  },
  {
    variable: "STRIPE_SECRET_KEY",
    source: STRIPE_KEYS,
    prefixes: ["sk_test_", "sk_live_", "rk_test_", "rk_live_"],
    requiredIn: "always",
  },
  {
    variable: "STRIPE_WEBHOOK_SECRET",
    source:
      "https://dashboard.stripe.com/webhooks: the signing secret of the endpoint <APP_URL>/api/webhooks/stripe",
    prefixes: ["whsec_"],
    list: true,
    requiredIn: "public",
  },
  ...["EMAIL_PROVIDER", "EMAIL_FALLBACK_PROVIDER"].map(
    (variable): EnvRequirement => ({
      variable,
      source: ".env.example, which names the choices: resend, sendgrid",
      prefixes: [],
      pattern: /^(resend|sendgrid)$/,
      requiredIn: "nowhere",
    }),
  ),
  {
    variable: "RESEND_API_KEY",
    source: "https://resend.com/api-keys",
    prefixes: ["re_"],
    requiredIn: "always",
    requiredIf: sendsMail("resend"),
  },
  {
    variable: "RESEND_WEBHOOK_SECRET",
    source: "https://resend.com/webhooks: the signing secret of the endpoint <APP_URL>/api/webhooks/resend",
    prefixes: ["whsec_"],
    list: true,
    requiredIn: "public",
    requiredIf: sendsMail("resend"),
  },
  {
    variable: "SENDGRID_API_KEY",
    source: "https://app.sendgrid.com/settings/api_keys",
    prefixes: ["SG."],
    requiredIn: "always",
    requiredIf: sendsMail("sendgrid"),
  },
  {
    variable: "SENDGRID_WEBHOOK_PUBLIC_KEY",
    source:
      "https://app.sendgrid.com/settings/mail_settings/webhook_settings: the verification key of the signed event webhook <APP_URL>/api/webhooks/sendgrid",
    prefixes: [],
    pattern: P256_PUBLIC_KEY,
    list: true,
    requiredIn: "public",
    requiredIf: sendsMail("sendgrid"),
  },
  {
    variable: "EMAIL_FROM",
    pattern: SENDER,
    source: 'a sender of a domain that is verified at your mail vendor, for example "Acme <hello@acme.com>"',
    prefixes: [],
    requiredIn: "always",
  },
  {
    variable: "ONCALL_WEBHOOK_URL",
    source: "the incoming webhook of whatever wakes you: Slack's, or any address that takes its JSON",
    prefixes: ["https://", "http://"],
    requiredIn: "nowhere",
  },
  {
    variable: "ONCALL_WEBHOOK_SECRET",
    source: "`openssl rand -base64 32`; alerts are signed with it",
    prefixes: [],
    minLength: 16,
    requiredIn: "always",
    requiredIf: (variables) => Boolean(variables.ONCALL_WEBHOOK_URL),
  },
  ...["SENTRY_DSN", "NEXT_PUBLIC_SENTRY_DSN"].map(
    (variable): EnvRequirement => ({
      variable,
      source: "Client Keys (DSN) in the project's settings at Sentry",
      prefixes: [],
      pattern: SENTRY_DSN,
      requiredIn: "nowhere",
    }),
  ),
];
