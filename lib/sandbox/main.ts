/**
 * The sandbox as a process: `tsx lib/sandbox/main.ts`. Reads its environment, and nothing of the app's.
 *
 * Prints `sandbox ready {"stripe":…,"resend":…,"sendgrid":…,"oncall":…,"control":…}` once every port listens. Exits with 1 and one plain sentence when
 * it cannot start. With SANDBOX_LIFELINE=1 it ends when its standard input does, so that it dies with its parent.
 */
import { createPrivateKey } from "node:crypto";
import { resolve } from "node:path";
import { z } from "zod";
import { DataFolderLockedError } from "@/lib/sandbox/kernel/lock";
import { PortUnavailableError } from "@/lib/sandbox/kernel/server";
import { type SandboxOptions, startSandbox } from "./start";

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
/** The first of a comma list is the one to sign with. */
const firstSecret = (prefix: string) =>
  z
    .string("is not set; the sandbox signs webhooks with it")
    .transform((list) => list.split(",")[0]?.trim() ?? "")
    .pipe(
      z
        .string()
        .startsWith(prefix, `must begin with ${prefix}`)
        .min(prefix.length + 1),
    );

function isP256PrivateKey(text: string): boolean {
  try {
    const key = createPrivateKey({ key: Buffer.from(text, "base64"), format: "der", type: "pkcs8" });
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1";
  } catch {
    return false; // What is wrong with it would be said in OpenSSL's words.
  }
}

const environmentSchema = z.object({
  SANDBOX_STRIPE_PORT: port(4010),
  SANDBOX_RESEND_PORT: port(4011),
  SANDBOX_SENDGRID_PORT: port(4012),
  SANDBOX_ONCALL_PORT: port(4013),
  SANDBOX_CONTROL_PORT: port(4019),
  SANDBOX_DATA_DIR: z.string().default(".data/sandbox"),
  SANDBOX_LIFELINE: z.enum(["0", "1"]).default("0"),
  APP_URL: z.url().default("http://localhost:3000"),
  STRIPE_WEBHOOK_SECRET: firstSecret("whsec_"),
  RESEND_WEBHOOK_SECRET: firstSecret("whsec_").refine(
    (secret) =>
      /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(secret.slice("whsec_".length)),
    "must be whsec_ and base64, as Svix makes them",
  ),
  SANDBOX_SENDGRID_PRIVATE_KEY: z
    .string("is not set; the sandbox signs webhooks with it")
    .refine(isP256PrivateKey, "must be a P-256 private key: PKCS #8, DER in base64"),
});

type SandboxEnvironment = z.infer<typeof environmentSchema>;

function readEnvironment(): SandboxEnvironment {
  // An empty string counts as unset.
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));
  const parsed = environmentSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  return refuse(`The sandbox cannot start.\n  ${problems.join("\n  ")}`);
}

function refuse(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

function optionsOf(environment: SandboxEnvironment): SandboxOptions {
  return {
    dataDir: resolve(environment.SANDBOX_DATA_DIR),
    appUrl: environment.APP_URL,
    ports: {
      stripe: environment.SANDBOX_STRIPE_PORT,
      resend: environment.SANDBOX_RESEND_PORT,
      sendgrid: environment.SANDBOX_SENDGRID_PORT,
      oncall: environment.SANDBOX_ONCALL_PORT,
      control: environment.SANDBOX_CONTROL_PORT,
    },
    webhookSecrets: {
      stripe: environment.STRIPE_WEBHOOK_SECRET,
      resend: environment.RESEND_WEBHOOK_SECRET,
      sendgrid: environment.SANDBOX_SENDGRID_PRIVATE_KEY,
    },
  };
}

async function main() {
  const environment = readEnvironment();
  const sandbox = await startSandbox(optionsOf(environment));
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await sandbox.stop();
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  if (environment.SANDBOX_LIFELINE === "1") {
    process.stdin.once("close", stop);
    process.stdin.once("end", stop);
    process.stdin.resume();
  }
  process.stdout.write(`sandbox ready ${JSON.stringify(sandbox.urls)}\n`);
}

main().catch((error: unknown) => {
  if (error instanceof PortUnavailableError || error instanceof DataFolderLockedError) refuse(error.message);
  refuse(error instanceof Error ? (error.stack ?? error.message) : String(error));
});
