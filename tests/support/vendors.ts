/** Both stand-ins in a test's own process, reached over HTTP as the vendors are, and what they send to the app. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Stripe from "stripe";
import type { MailboxEntry } from "@/lib/sandbox/resend/mailbox-app";
import { startSandbox } from "@/lib/sandbox/start";

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

export type Vendors = Awaited<ReturnType<typeof startVendors>>;

export async function startVendors() {
  const dataDir = mkdtempSync(join(tmpdir(), "breakwater-vendors-"));
  const inTheMail = await receiveDeliveries();
  const sandbox = await startSandbox({
    dataDir,
    appUrl: inTheMail.url,
    ports: { stripe: 0, resend: 0, control: 0 },
    webhookSecrets: { stripe: STRIPE_WEBHOOK_SECRET, resend: RESEND_WEBHOOK_SECRET },
  });
  const { urls } = sandbox;
  const stripe = new URL(urls.stripe);
  return {
    urls,
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
    /** What was sent to exactly this address, the newest first. */
    mails: async (to: string): Promise<MailboxEntry[]> => {
      const response = await fetch(`${urls.resend}/mailbox.json?to=${encodeURIComponent(to)}`);
      return ((await response.json()) as { emails: MailboxEntry[] }).emails;
    },
    stop: async () => {
      await sandbox.stop();
      await inTheMail.stop();
      rmSync(dataDir, { recursive: true, force: true });
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
