import { env, isSandbox } from "@/lib/env";
import { DEMO_PEOPLE, type DemoPerson } from "@/prisma/demo-people";

export interface SandboxLinks {
  /** Null where that vendor is a real one. */
  mailbox: string | null;
  payments: string | null;
  events: string | null;
  control: string | null;
}

/** Where the sandbox's own pages are; null outside sandbox mode. */
export function sandboxLinks(): SandboxLinks | null {
  if (!isSandbox) return null;
  const paymentsUrl = env.SANDBOX_PAYMENTS_URL ?? null;
  return {
    mailbox: env.SANDBOX_MAILBOX_URL ?? null,
    payments: paymentsUrl,
    events: paymentsUrl && `${paymentsUrl}/events`,
    control: env.SANDBOX_CONTROL_URL ?? null,
  };
}

/** Who may be signed in as with one click; nobody outside sandbox mode. */
export function demoPeople(): readonly DemoPerson[] {
  return isSandbox ? DEMO_PEOPLE : [];
}
