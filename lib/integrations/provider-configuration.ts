import { createHash } from "node:crypto";
import type { ProviderModeName } from "@/lib/provider-scope";

/** What an operator may know of how a provider is set up; never the key itself. */
export interface ProviderConfiguration {
  provider: string;
  mode: ProviderModeName;
  /** Tells two keys apart; null where there is none. */
  keyFingerprint: string | null;
  /** The vendor's version that requests are made in; null where it has none. */
  apiVersion: string | null;
}

/** The first eight hexadecimal digits of SHA-256: enough to compare, too little to guess a random key from. */
export function fingerprint(secret: string | undefined): string | null {
  return secret ? createHash("sha256").update(secret).digest("hex").slice(0, 8) : null;
}
