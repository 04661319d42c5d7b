import { env } from "@/lib/env";

export type ProviderModeName = "sandbox" | "test" | "live";

/** Keys everything that bears a payments vendor's id, so that sandbox ids never meet real ones. */
export interface ProviderScope {
  provider: string;
  mode: ProviderModeName;
  /** Empty for one's own account. */
  account: string;
}

function stripeMode(): ProviderModeName {
  if (env.STRIPE_API_BASE) return "sandbox";
  return /^(sk|rk)_live_/.test(env.STRIPE_SECRET_KEY ?? "") ? "live" : "test";
}

/** The scope that this process works in, from its environment alone. */
export function paymentsScope(): ProviderScope {
  return { provider: env.PAYMENTS_PROVIDER, mode: stripeMode(), account: "" };
}

/** Whether mail goes to real people: a mail enqueued for the sandbox's mailbox is never sent by a real vendor. */
export function emailMode(): ProviderModeName {
  return env.RESEND_BASE_URL ? "sandbox" : "live";
}
