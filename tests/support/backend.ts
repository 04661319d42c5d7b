/**
 * The app's backend in a test's own process: a database, the stand-ins over HTTP, and what they send to the app.
 * Modules of the app read the environment once, so a test file calls this first and imports them afterwards:
 *
 *   const backend = await startBackend();
 *   const { startCheckout } = await import("@/lib/use-cases/billing/start-checkout");
 */
import { randomUUID } from "node:crypto";
import pg from "pg";
import type { Viewer } from "@/lib/billing/views";
import { createTestDatabase } from "./database";
import {
  ONCALL_WEBHOOK_SECRET,
  RESEND_WEBHOOK_SECRET,
  SENDGRID_WEBHOOK_PUBLIC_KEY,
  STRIPE_WEBHOOK_SECRET,
  startVendors,
} from "./vendors";

/** @param variables on top of a complete sandbox environment without a second mail vendor; an empty string unsets */
export async function startBackend(variables: Record<string, string> = {}) {
  const database = await createTestDatabase();
  const vendors = await startVendors();
  Object.assign(process.env, {
    APP_URL: "http://localhost:3999",
    DATABASE_URL: database.url,
    BETTER_AUTH_SECRET: "a secret of the tests, long enough to be one",
    CRON_SECRET: "a cron secret of the tests",
    ADMIN_EMAILS: "operator@breakwater.example",
    SANDBOX: "1",
    STRIPE_SECRET_KEY: "sk_test_sandbox",
    STRIPE_WEBHOOK_SECRET,
    STRIPE_API_BASE: vendors.urls.stripe,
    EMAIL_FROM: "Breakwater <hello@breakwater.example>",
    RESEND_API_KEY: "re_sandbox",
    RESEND_WEBHOOK_SECRET,
    RESEND_BASE_URL: vendors.urls.resend,
    SENDGRID_API_KEY: "SG.sandbox",
    SENDGRID_WEBHOOK_PUBLIC_KEY,
    SENDGRID_BASE_URL: vendors.urls.sendgrid,
    ONCALL_WEBHOOK_URL: vendors.oncallWebhookUrl,
    ONCALL_WEBHOOK_SECRET,
    SANDBOX_ONCALL_URL: vendors.urls.oncall,
    ...variables,
  });
  const observer = new pg.Pool({ connectionString: database.url, max: 4 });

  return {
    ...vendors,
    databaseUrl: database.url,
    /** Rows of the app's database, read past the app. */
    rows: async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
      (await observer.query(sql, values)).rows,
    /** A connection of the test's own, for transactions that stand in the app's way. */
    connect: () => observer.connect(),
    stop: async () => {
      const { db, ingressPool, integrationPool, pool } = await import("@/lib/db/client");
      await db().$disconnect();
      await pool().end();
      await ingressPool().end();
      await integrationPool().end();
      await observer.end();
      await vendors.stop();
      await database.drop();
    },
  };
}

/** Somebody new, with the workspace that everybody gets. */
export async function newViewer(
  options: { role?: Viewer["role"]; verified?: boolean } = {},
): Promise<Viewer> {
  const { ensureViewer } = await import("@/lib/use-cases/auth/ensure-viewer");
  const subject = randomUUID();
  const viewer = await ensureViewer({
    provider: "better-auth",
    subject,
    email: `${subject}@example.com`,
    emailVerified: options.verified ?? true,
    name: "Ann Example",
  });
  return { ...viewer, role: options.role ?? viewer.role };
}
