import { env, isSandbox } from "@/lib/env";

export type ProviderModeName = "sandbox" | "test" | "live";

/** Keys everything that bears a payments vendor's id, so that sandbox ids never meet real ones. */
export interface ProviderScope {
  provider: string;
  mode: ProviderModeName;
  /** Empty for one's own account. */
  account: string;
}

/** Everybody that this app may call. */
export type ProviderName = "stripe" | "resend" | "sendgrid" | "oncall";

/** Whether a provider's calls reach its stand-in, its test mode, or the real world; from the environment alone. */
export function providerMode(provider: ProviderName): ProviderModeName {
  switch (provider) {
    case "stripe":
      if (env.STRIPE_API_BASE) return "sandbox";
      return /^(sk|rk)_live_/.test(env.STRIPE_SECRET_KEY ?? "") ? "live" : "test";
    case "resend":
      return env.RESEND_BASE_URL ? "sandbox" : "live";
    case "sendgrid":
      return env.SENDGRID_BASE_URL ? "sandbox" : "live";
    case "oncall":
      // Any address may take alerts, so there is no override to tell its stand-in by.
      return isSandbox && env.SANDBOX_ONCALL_URL && env.ONCALL_WEBHOOK_URL?.startsWith(env.SANDBOX_ONCALL_URL)
        ? "sandbox"
        : "live";
    default:
      return provider satisfies never;
  }
}

/** The scope that this process works in, from its environment alone. */
export function paymentsScope(): ProviderScope {
  return { provider: env.PAYMENTS_PROVIDER, mode: providerMode(env.PAYMENTS_PROVIDER), account: "" };
}

/**
 * Whether mail goes to real people: a mail enqueued for the sandbox's mailbox is never sent by a real vendor. The
 * fallback's mode is the same, as lib/env-rules.ts demands.
 */
export function emailMode(): ProviderModeName {
  return providerMode(env.EMAIL_PROVIDER);
}
