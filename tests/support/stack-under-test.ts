import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inject } from "vitest";
import { REPOSITORY } from "@/scripts/stack/paths";
import type { Stack } from "@/scripts/stack/start-stack";

/** Where a failed browser test leaves its screenshot and text, and the stack its log. */
export const EVIDENCE_FOLDER = join(tmpdir(), "breakwater-e2e");

/** What the stack's processes have asked of other machines, a line each. */
export const FOREIGN_CONNECTIONS = join(EVIDENCE_FOLDER, "foreign-connections.log");

/** Loads the fence around the processes of a stack. */
export const FENCED = {
  NODE_OPTIONS: `--import=${pathToFileURL(join(REPOSITORY, "tests", "support", "only-loopback.mjs")).href}`,
  ONLY_LOOPBACK_LOG: FOREIGN_CONNECTIONS,
};

/** A running stack as the tests see it: addresses without a slash at the end. */
export interface StackUnderTest {
  app: string;
  mailbox: string;
  payments: string;
  oncall: string;
  control: string;
  /** For what no page says. */
  database: string;
  /** What the vendors' stand-ins sign their webhooks with: secrets, and of SendGrid the private key. */
  signing: { stripe: string; resend: string; sendgrid: string };
  /** Nothing of this may ever be sent to a browser. */
  secrets: string[];
  /** An installed Chrome, Chromium or Edge. */
  browserPath: string;
}

declare module "vitest" {
  interface ProvidedContext {
    stack: StackUnderTest;
  }
}

export function asStackUnderTest({ urls, secrets, env }: Stack, browserPath: string): StackUnderTest {
  const { app, mailbox, payments, oncall, control, database } = urls;
  const keys = [env.STRIPE_SECRET_KEY, env.RESEND_API_KEY, env.SENDGRID_API_KEY, env.DATABASE_URL].filter(
    (key) => key !== undefined,
  );
  return {
    app,
    mailbox,
    payments,
    oncall,
    control,
    database,
    browserPath,
    signing: {
      stripe: secrets.stripeWebhook,
      resend: secrets.resendWebhook,
      sendgrid: secrets.sendgridWebhookPrivate,
    },
    secrets: [...Object.values(secrets), ...keys],
  };
}

let own: StackUnderTest | undefined;

/** For what runs a stack of its own instead of the suite's: every helper then speaks to that one. */
export function useOwnStack(stack: StackUnderTest): void {
  own = stack;
}

export function stackUnderTest(): StackUnderTest {
  return own ?? inject("stack");
}
