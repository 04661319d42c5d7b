/**
 * Encrypts what strangers may hold but must neither read nor change: AES-256-GCM under a key of its own for each
 * purpose, derived from the app's secret.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { env } from "@/lib/env";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Sealer {
  /** nonce (12 bytes) · tag (16 bytes) · ciphertext */
  seal(plain: string): Uint8Array<ArrayBuffer>;
  /** @throws when the secret was changed since, or the bytes were. */
  open(sealed: Uint8Array): string;
}

/** @param purpose what one purpose seals, another cannot open */
export function createSealer(purpose: string): Sealer {
  function key(): Buffer {
    if (!env.BETTER_AUTH_SECRET) throw new Error("BETTER_AUTH_SECRET is not set");
    return Buffer.from(hkdfSync("sha256", env.BETTER_AUTH_SECRET, "", purpose, 32));
  }
  return {
    seal: (plain) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key(), nonce);
      const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return new Uint8Array(Buffer.concat([nonce, cipher.getAuthTag(), body]));
    },
    open: (sealed) => {
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv(ALGORITHM, key(), bytes.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const body = [decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()];
      return Buffer.concat(body).toString("utf8");
    },
  };
}
