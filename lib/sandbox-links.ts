import { env, isSandbox } from "@/lib/env";
import type { DemoPerson } from "@/prisma/demo-people";

/** The sandbox's own pages, as this app links to them. */
export const SANDBOX_PAGES = ["mailbox", "payments", "events", "oncall", "control"] as const;
export type SandboxPage = (typeof SANDBOX_PAGES)[number];

/**
 * Links to the sandbox's pages; null outside sandbox mode. They are paths of ours that redirect, so that static pages
 * hold for whatever ports the sandbox was given.
 */
export function sandboxLinks(): Record<SandboxPage, string> | null {
  if (!isSandbox) return null;
  return {
    mailbox: "/sandbox/mailbox",
    payments: "/sandbox/payments",
    events: "/sandbox/events",
    oncall: "/sandbox/oncall",
    control: "/sandbox/control",
  };
}

/** Where such a link leads; null where that vendor is a real one, and outside sandbox mode. */
export function sandboxTarget(page: SandboxPage): string | null {
  if (!isSandbox) return null;
  switch (page) {
    case "mailbox":
      return env.SANDBOX_MAILBOX_URL ?? null;
    case "payments":
      return env.SANDBOX_PAYMENTS_URL ?? null;
    case "events":
      return env.SANDBOX_PAYMENTS_URL ? `${env.SANDBOX_PAYMENTS_URL}/events` : null;
    case "oncall":
      return env.SANDBOX_ONCALL_URL ?? null;
    case "control":
      return env.SANDBOX_CONTROL_URL ?? null;
    default:
      return page satisfies never;
  }
}

/** Who may be signed in as with one click; nobody outside sandbox mode. */
export async function demoPeople(): Promise<DemoPerson[]> {
  // Written out, so that a production build drops the branch and with it the demo passwords.
  if (process.env.BREAKWATER_BUILT_FOR_SANDBOX === "1") {
    const { DEMO_PEOPLE } = await import("@/prisma/demo-people");
    return isSandbox ? [...DEMO_PEOPLE] : [];
  }
  return [];
}
