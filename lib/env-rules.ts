/**
 * What must be set in which mode. Pure: from the variables to a list of problems, each naming the variable, what is
 * wrong with it and where to get it. An empty list means that the process may serve.
 */

export interface EnvProblem {
  variable: string;
  message: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

interface Rule {
  variable: string;
  /** Where to get it. */
  source: string;
  /** Starts of a well-formed value; empty for any. */
  prefixes: readonly string[];
  minLength?: number;
  pattern?: RegExp;
  /** A comma list (secrets in rotation), checked entry by entry. */
  list?: boolean;
  requiredIn: "always" | "production" | "public";
}

/** "Name <address>" or an address alone. */
const SENDER = /^([^<>]*<[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+)$/;

const STRIPE_KEYS = "https://dashboard.stripe.com/apikeys";
const RULES: readonly Rule[] = [
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
  {
    variable: "RESEND_API_KEY",
    source: "https://resend.com/api-keys",
    prefixes: ["re_"],
    requiredIn: "always",
  },
  {
    variable: "RESEND_WEBHOOK_SECRET",
    source: "https://resend.com/webhooks: the signing secret of the endpoint <APP_URL>/api/webhooks/resend",
    prefixes: ["whsec_"],
    list: true,
    requiredIn: "public",
  },
  {
    variable: "EMAIL_FROM",
    pattern: SENDER,
    source: 'a sender of a domain that is verified at your mail vendor, for example "Acme <hello@acme.com>"',
    prefixes: [],
    requiredIn: "always",
  },
];

/** Values that stand in examples and were never meant to be used; a key's prefix is taken off first. */
const PLACEHOLDER =
  /^(changeme|change[-_]me|replace[-_]?me|your[-_ ].*|<.*>|x{3,}|placeholder|todo|secret|example|key|\*+)$|\.\.\.|…|[_-]x{3,}$|\/\/your-|user:password@|@host[:/]/i;
const KEY_PREFIX = /^(sk_test_|sk_live_|rk_test_|rk_live_|pk_test_|pk_live_|whsec_|re_)/;

export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value.trim().replace(KEY_PREFIX, ""));
}

/** Overrides of a vendor's address: a way to send keys elsewhere, so only the sandbox may use them. */
const OVERRIDES = ["STRIPE_API_BASE", "RESEND_BASE_URL"];

/** Keys that only the local stand-ins accept. */
const SANDBOX_KEYS: Record<string, string> = {
  STRIPE_SECRET_KEY: "sk_test_sandbox",
  RESEND_API_KEY: "re_sandbox",
};

function isLoopback(url: string | undefined): boolean {
  if (!url) return true;
  try {
    const { hostname } = new URL(url);
    return (
      hostname === "localhost" ||
      hostname.endsWith(".localhost") ||
      hostname === "[::1]" ||
      /^127(\.\d{1,3}){3}$/.test(hostname)
    );
  } catch {
    return false;
  }
}

function isRequired(rule: Rule, production: boolean, sandbox: boolean): boolean {
  if (rule.requiredIn === "always") return true;
  return production && (rule.requiredIn === "production" || !sandbox);
}

function checkValue(rule: Rule, value: string): string | null {
  if (value.trim() === "") return "is blank";
  for (const entry of rule.list ? value.split(",").map((one) => one.trim()) : [value.trim()]) {
    if (isPlaceholder(entry)) return "still holds a placeholder";
    if (rule.pattern && !rule.pattern.test(entry)) return "does not have the right form";
    if (rule.prefixes.length > 0 && !rule.prefixes.some((prefix) => entry.startsWith(prefix))) {
      return `must start with ${rule.prefixes.join(" or ")}`;
    }
    if (rule.minLength && entry.length < rule.minLength)
      return `must have at least ${rule.minLength} characters`;
  }
  return null;
}

function checkRules(variables: Variables, production: boolean, sandbox: boolean): EnvProblem[] {
  return RULES.flatMap((rule) => {
    const value = variables[rule.variable];
    const set = value !== undefined && value !== "";
    const complaint = set
      ? checkValue(rule, value)
      : isRequired(rule, production, sandbox)
        ? "is not set"
        : null;
    return complaint
      ? [{ variable: rule.variable, message: `${complaint}. Get it from: ${rule.source}` }]
      : [];
  });
}

function checkSandbox(variables: Variables, sandbox: boolean, builtForSandbox: boolean): EnvProblem[] {
  const problems: EnvProblem[] = [];
  const refuse = (variable: string, message: string) => problems.push({ variable, message });
  if (builtForSandbox && !sandbox) {
    refuse(
      "SANDBOX",
      "was set when this build was made: its pages carry the sandbox's bar. Build again without it.",
    );
  }
  if (variables.SANDBOX && !["0", "1"].includes(variables.SANDBOX))
    refuse("SANDBOX", "must be 1, 0 or unset.");
  if (sandbox && variables.VERCEL)
    refuse("SANDBOX", "may not be set on Vercel: it serves stand-ins instead of vendors. Remove it.");
  if (sandbox && !isLoopback(variables.APP_URL)) {
    refuse(
      "SANDBOX",
      "may not be set while APP_URL is public: it serves stand-ins instead of vendors. Remove it.",
    );
  }
  if (sandbox) return problems;
  for (const variable of OVERRIDES) {
    if (variables[variable])
      refuse(variable, "is for the sandbox only: it would send your key elsewhere. Remove it.");
  }
  for (const [variable, key] of Object.entries(SANDBOX_KEYS)) {
    if (variables[variable] === key)
      refuse(variable, "is the sandbox's key, which no vendor accepts. Set your own.");
  }
  return problems;
}

function checkLiveKey(variables: Variables, production: boolean, sandbox: boolean): EnvProblem[] {
  const live = /^(sk|rk)_live_/.test(variables.STRIPE_SECRET_KEY ?? "");
  if (!live || (production && !sandbox)) return [];
  return [
    {
      variable: "STRIPE_SECRET_KEY",
      message: `is a live key: it moves real money, and is refused in development, tests and the sandbox. Use a test key from ${STRIPE_KEYS}`,
    },
  ];
}

/** Everything that is wrong with the environment of a process that is about to serve. */
export function envProblems(variables: Variables, builtForSandbox = false): EnvProblem[] {
  const production = variables.NODE_ENV === "production";
  const sandbox = variables.SANDBOX === "1";
  const appUrl = variables.APP_URL;
  const insecure =
    production && appUrl?.startsWith("http://") && !isLoopback(appUrl)
      ? [{ variable: "APP_URL", message: "must be https: sessions would travel in the clear." }]
      : [];
  return [
    ...checkSandbox(variables, sandbox, builtForSandbox),
    ...checkLiveKey(variables, production, sandbox),
    ...checkRules(variables, production, sandbox),
    ...insecure,
  ];
}

/** The problems as the lines that a person reads when the process refuses to start. */
export function describeProblems(problems: readonly EnvProblem[]): string {
  const lines = problems.map(({ variable, message }) => `  ${variable} ${message}`);
  return ["Breakwater will not start:", ...lines, "Run `npm run doctor` for more, or see .env.example."].join(
    "\n",
  );
}
