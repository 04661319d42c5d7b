import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Made once per clone for what has no value of its own, and kept in `<dataDir>/secrets.json` (0600). */
export type LocalSecrets = {
  betterAuth: string;
  cron: string;
  /** Signs the sandbox's webhooks; a placeholder when a real key has no webhook secret. */
  stripeWebhook: string;
  /** Svix's form: `whsec_` and base64. */
  resendWebhook: string;
  /** Signs the sandbox's webhooks as SendGrid: a P-256 key, PKCS #8 DER in base64. */
  sendgridWebhookPrivate: string;
  /** Signs alerts to the on-call webhook. */
  oncallWebhook: string;
};

const makers: { [Name in keyof LocalSecrets]: () => string } = {
  betterAuth: () => randomBytes(32).toString("base64url"),
  cron: () => randomBytes(24).toString("base64url"),
  stripeWebhook: () => `whsec_${randomBytes(24).toString("hex")}`,
  resendWebhook: () => `whsec_${randomBytes(24).toString("base64")}`,
  sendgridWebhookPrivate: () =>
    generateKeyPairSync("ec", { namedCurve: "prime256v1" })
      .privateKey.export({ format: "der", type: "pkcs8" })
      .toString("base64"),
  oncallWebhook: () => randomBytes(24).toString("base64url"),
};

/** What belongs to the private key, in the form in which SendGrid shows its own: DER in base64. */
export function sendgridPublicKey({ sendgridWebhookPrivate }: LocalSecrets): string {
  const key = createPrivateKey({
    key: Buffer.from(sendgridWebhookPrivate, "base64"),
    format: "der",
    type: "pkcs8",
  });
  return createPublicKey(key).export({ format: "der", type: "spki" }).toString("base64");
}

/** Reads the secrets, making those that are missing. They survive restarts, so that sign-ins do. */
export function localSecrets(dataDir: string): LocalSecrets {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, "secrets.json");
  const stored = readStored(file);
  const complete = Object.fromEntries(
    Object.entries(makers).map(([name, make]) => [name, stored[name] ?? make()]),
  ) as LocalSecrets;
  if (Object.keys(makers).some((name) => stored[name] === undefined)) {
    // Written beside and renamed: a kill in the middle leaves the old file.
    const partial = `${file}.${process.pid}`;
    writeFileSync(partial, `${JSON.stringify(complete, null, 2)}\n`, { mode: 0o600 });
    renameSync(partial, file);
  }
  return complete;
}

function readStored(file: string): Record<string, string | undefined> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, string | undefined>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new Error(
      `${file} cannot be read: ${error instanceof Error ? error.message : error}. Delete it to have new secrets made.`,
    );
  }
}
