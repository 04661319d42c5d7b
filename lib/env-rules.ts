/**
 * What must be set in which mode. Pure: from the variables to a list of problems, each naming the variable, what is
 * wrong with it and where to get it. An empty list means that the process may serve.
 */
import { ENV_REQUIREMENTS, type EnvRequirement, STRIPE_KEYS, type Variables } from "@/lib/env-requirements";

export interface EnvProblem {
  variable: string;
  message: string;
}

/** Values that stand in examples and were never meant to be used; a key's prefix is taken off first. */
const PLACEHOLDER =
  /^(changeme|change[-_]me|replace[-_]?me|your[-_ ].*|<.*>|x{3,}|placeholder|todo|secret|example|key|\*+)$|\.\.\.|…|[_-]x{3,}$|\/\/your-|user:password@|@host[:/]/i;
const KEY_PREFIX = /^(sk_test_|sk_live_|rk_test_|rk_live_|pk_test_|pk_live_|whsec_|re_|SG\.)/;

export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value.trim().replace(KEY_PREFIX, ""));
}

/** Overrides of a vendor's address: a way to send keys elsewhere, so only the sandbox may use them. */
const OVERRIDES = ["STRIPE_API_BASE", "RESEND_BASE_URL", "SENDGRID_BASE_URL"];

/** Keys that only the local stand-ins accept. */
const SANDBOX_KEYS: Record<string, string> = {
  STRIPE_SECRET_KEY: "sk_test_sandbox",
  RESEND_API_KEY: "re_sandbox",
  SENDGRID_API_KEY: "SG.sandbox",
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

function isRequired(
  rule: EnvRequirement,
  variables: Variables,
  production: boolean,
  sandbox: boolean,
): boolean {
  if (rule.requiredIf && !rule.requiredIf(variables)) return false;
  switch (rule.requiredIn) {
    case "always":
      return true;
    case "production":
      return production;
    case "public":
      return production && !sandbox;
    case "nowhere":
      return false;
    default:
      return rule.requiredIn satisfies never;
  }
}

function checkValue(rule: EnvRequirement, value: string): string | null {
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
  return ENV_REQUIREMENTS.flatMap((rule) => {
    const value = variables[rule.variable];
    const set = value !== undefined && value !== "";
    const complaint = set
      ? checkValue(rule, value)
      : isRequired(rule, variables, production, sandbox)
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

/** The second mail vendor is another one than the first, and plays in the same world: both real, or both played. */
function checkFallback(variables: Variables): EnvProblem[] {
  const variable = "EMAIL_FALLBACK_PROVIDER";
  const fallback = variables[variable];
  if (!fallback) return [];
  if (fallback === (variables.EMAIL_PROVIDER || "resend"))
    return [
      { variable, message: "names the same vendor as EMAIL_PROVIDER. Name the other one, or unset it." },
    ];
  if (Boolean(variables.RESEND_BASE_URL) === Boolean(variables.SENDGRID_BASE_URL)) return [];
  const message =
    "would mix the sandbox with a real vendor: mail meant for one would end up at the other. Set both vendors' keys, or neither.";
  return [{ variable, message }];
}

/** Addresses that carry something worth reading on the way must be https, but on this machine. */
function checkTransport(variables: Variables, production: boolean, sandbox: boolean): EnvProblem[] {
  const isOpen = (variable: string) =>
    variables[variable]?.startsWith("http://") === true && !isLoopback(variables[variable]);
  return [
    ...(production && isOpen("APP_URL")
      ? [{ variable: "APP_URL", message: "must be https: sessions would travel in the clear." }]
      : []),
    ...(!sandbox && isOpen("ONCALL_WEBHOOK_URL")
      ? [{ variable: "ONCALL_WEBHOOK_URL", message: "must be https: alerts would travel in the clear." }]
      : []),
  ];
}

/** Everything that is wrong with the environment of a process that is about to serve. */
export function envProblems(variables: Variables, builtForSandbox = false): EnvProblem[] {
  const production = variables.NODE_ENV === "production";
  const sandbox = variables.SANDBOX === "1";
  return [
    ...checkSandbox(variables, sandbox, builtForSandbox),
    ...checkLiveKey(variables, production, sandbox),
    ...checkRules(variables, production, sandbox),
    ...checkFallback(variables),
    ...checkTransport(variables, production, sandbox),
  ];
}

/** The problems as the lines that a person reads when the process refuses to start. */
export function describeProblems(problems: readonly EnvProblem[]): string {
  const lines = problems.map(({ variable, message }) => `  ${variable} ${message}`);
  return ["Breakwater will not start:", ...lines, "Run `npm run doctor` for more, or see .env.example."].join(
    "\n",
  );
}
