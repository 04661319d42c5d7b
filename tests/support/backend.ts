/**
 * The app's backend in a test's own process: a database, both stand-ins over HTTP, and what they send to the app.
 * Modules of the app read the environment once, so a test file calls this first and imports them afterwards:
 *
 *   const backend = await startBackend();
 *   const { startCheckout } = await import("@/lib/use-cases/billing/start-checkout");
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import Stripe from "stripe";
import type { Viewer } from "@/lib/billing/views";
import type { MailboxEntry } from "@/lib/sandbox/resend/mailbox-app";
import { startSandbox } from "@/lib/sandbox/start";
import { createTestDatabase } from "./database";

const base64 = (text: string) => Buffer.from(text).toString("base64");

export const STRIPE_WEBHOOK_SECRET = `whsec_${base64("the payments sandbox of a test")}`;
export const RESEND_WEBHOOK_SECRET = `whsec_${base64("the mail sandbox of a test")}`;

/** A webhook as it came over the wire, not yet handed to the app. */
export interface Delivery {
  vendor: "stripe" | "resend";
  headers: Record<string, string>;
  body: string;
}

export interface FaultInput {
  vendor: "stripe" | "resend";
  kind: "latency" | "status" | "hang" | "reset" | "refused" | "truncate" | "garbage";
  route?: string;
  phase?: "headers" | "body";
  status?: number;
  retryAfterSeconds?: number;
  latencyMs?: number;
  times?: number;
}

export interface VendorCall {
  vendor: string;
  method: string;
  path: string;
  status: number | null;
  idempotencyKey: string | null;
}

export type Backend = Awaited<ReturnType<typeof startBackend>>;

/** @param variables on top of a complete sandbox environment; an empty string unsets */
export async function startBackend(variables: Record<string, string> = {}) {
  const database = await createTestDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), "breakwater-backend-"));
  const inTheMail = await receiveDeliveries();
  const sandbox = await startSandbox({
    dataDir,
    appUrl: inTheMail.url,
    ports: { stripe: 0, resend: 0, control: 0 },
    webhookSecrets: { stripe: STRIPE_WEBHOOK_SECRET, resend: RESEND_WEBHOOK_SECRET },
  });
  const { urls } = sandbox;
  Object.assign(process.env, {
    APP_URL: "http://localhost:3999",
    DATABASE_URL: database.url,
    BETTER_AUTH_SECRET: "a secret of the tests, long enough to be one",
    CRON_SECRET: "a cron secret of the tests",
    ADMIN_EMAILS: "operator@breakwater.example",
    SANDBOX: "1",
    STRIPE_SECRET_KEY: "sk_test_sandbox",
    STRIPE_WEBHOOK_SECRET,
    STRIPE_API_BASE: urls.stripe,
    EMAIL_FROM: "Breakwater <hello@breakwater.example>",
    RESEND_API_KEY: "re_sandbox",
    RESEND_WEBHOOK_SECRET,
    RESEND_BASE_URL: urls.resend,
    ...variables,
  });
  const observer = new pg.Pool({ connectionString: database.url, max: 4 });
  const stripe = new URL(urls.stripe);

  return {
    urls,
    databaseUrl: database.url,
    /** Webhooks in the order in which they came. */
    deliveries: inTheMail.deliveries,
    ...controlOf(urls.control),
    /** The vendor's own client, to do what a person would do on the vendor's pages. */
    stripe: new Stripe("sk_test_sandbox", {
      host: stripe.hostname,
      port: Number(stripe.port),
      protocol: "http",
      maxNetworkRetries: 0,
      telemetry: false,
    }),
    /** Rows of the app's database, read past the app. */
    rows: async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
      (await observer.query(sql, values)).rows,
    /** A connection of the test's own, for transactions that stand in the app's way. */
    connect: () => observer.connect(),
    mails: async (to: string): Promise<MailboxEntry[]> => {
      const response = await fetch(`${urls.resend}/mailbox.json?to=${encodeURIComponent(to)}`);
      return ((await response.json()) as { emails: MailboxEntry[] }).emails;
    },
    stop: async () => {
      const { db, pool } = await import("@/lib/db/client");
      await db().$disconnect();
      await pool().end();
      await observer.end();
      await sandbox.stop();
      await inTheMail.stop();
      rmSync(dataDir, { recursive: true, force: true });
      await database.drop();
    },
  };
}

/** Takes every webhook with 200 and keeps it: the test decides when and how often the app hears of it. */
async function receiveDeliveries() {
  const deliveries: Delivery[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const vendor = /^\/api\/webhooks\/(stripe|resend)$/.exec(request.url ?? "")?.[1];
    if (vendor === "stripe" || vendor === "resend") {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      deliveries.push({ vendor, headers, body: Buffer.concat(chunks).toString("utf8") });
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    deliveries,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function controlOf(url: string) {
  const json = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: { "content-type": "application/json", accept: "application/json" },
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  return {
    addFault: async (fault: FaultInput): Promise<void> => {
      await json("/faults", { method: "POST", body: JSON.stringify(fault) });
    },
    clearFaults: async (): Promise<void> => {
      await json("/faults", { method: "DELETE" });
    },
    /** What the stand-ins were asked, oldest first. */
    vendorCalls: async (): Promise<VendorCall[]> => {
      const { requests } = (await json("/requests?format=json")) as { requests: VendorCall[] };
      return requests.reverse();
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

/** Pays on the hosted page as a browser without JavaScript would. Gives the answer's status. */
export async function payHosted(url: string, number = "4242424242424242"): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({
      email: "ann@example.com",
      number,
      expiry: "12 / 34",
      cvc: "123",
      name: "Ann Example",
    }),
  });
  return response.status;
}
