/** All stand-ins in a test's own process, reached over HTTP as the vendors are, and what they send to the app. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Stripe from "stripe";
import type { MailboxEntry } from "@/lib/sandbox/mail/mailbox-app";
import type { ReceivedAlert } from "@/lib/sandbox/oncall/alert";
import { startSandbox } from "@/lib/sandbox/start";

const base64 = (text: string) => Buffer.from(text).toString("base64");

export const STRIPE_WEBHOOK_SECRET = `whsec_${base64("the payments sandbox of a test")}`;
export const RESEND_WEBHOOK_SECRET = `whsec_${base64("the mail sandbox of a test")}`;

const sendgridKeys = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
/** What the mail sandbox signs with as SendGrid: PKCS #8, DER in base64. */
export const SENDGRID_PRIVATE_KEY = sendgridKeys.privateKey
  .export({ format: "der", type: "pkcs8" })
  .toString("base64");
/** DER in base64. */
export const SENDGRID_WEBHOOK_PUBLIC_KEY = sendgridKeys.publicKey
  .export({ format: "der", type: "spki" })
  .toString("base64");
export const ONCALL_WEBHOOK_SECRET = "the on-call secret of a test";

/** Whatever is free. */
export const ANY_PORTS = { stripe: 0, resend: 0, sendgrid: 0, oncall: 0, control: 0 };

/** Who sends webhooks to the app. */
const SENDERS = ["stripe", "resend", "sendgrid"] as const;

/** A webhook as it came over the wire, not yet handed to the app. */
export interface Delivery {
  vendor: (typeof SENDERS)[number];
  headers: Record<string, string>;
  body: string;
}

export interface FaultInput {
  vendor: "stripe" | "resend" | "sendgrid" | "oncall";
  kind: "latency" | "status" | "hang" | "reset" | "refused" | "truncate" | "garbage" | "lost";
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
    ports: ANY_PORTS,
    webhookSecrets: {
      stripe: STRIPE_WEBHOOK_SECRET,
      resend: RESEND_WEBHOOK_SECRET,
      sendgrid: SENDGRID_PRIVATE_KEY,
    },
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
    /** Where the on-call stand-in takes alerts. */
    oncallWebhookUrl: `${urls.oncall}/webhook`,
    /** What the on-call stand-in was told, the newest first. */
    alerts: async (): Promise<ReceivedAlert[]> => {
      const response = await fetch(`${urls.oncall}/alerts.json`);
      return ((await response.json()) as { alerts: ReceivedAlert[] }).alerts;
    },
    /** What was sent to exactly this address, whichever mail vendor took it, the newest first. */
    mails: async (to: string): Promise<MailboxEntry[]> => {
      const query = `to=${encodeURIComponent(to)}`;
      // Either mail vendor's port shows all mails; one of them may be closed by a fault.
      const response = await fetch(`${urls.resend}/mailbox.json?${query}`).catch(() =>
        fetch(`${urls.sendgrid}/mailbox.json?${query}`),
      );
      return ((await response.json()) as { emails: MailboxEntry[] }).emails;
    },
    /** Lets something happen to a mail, as a person would in the mailbox. */
    letHappen: async (mailId: string, state: string): Promise<void> => {
      const form = new URLSearchParams({ state });
      const url = `${urls.resend}/mailbox/${mailId}/events`;
      const response = await fetch(url, { method: "POST", redirect: "manual", body: form });
      if (response.status !== 303) throw new Error(`the mailbox answered ${response.status}`);
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
    const vendor = SENDERS.find((sender) => request.url === `/api/webhooks/${sender}`);
    if (vendor) {
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
  const addFault = async (fault: FaultInput): Promise<void> => {
    await json("/faults", { method: "POST", body: JSON.stringify(fault) });
  };
  const clearFaults = async (vendor?: FaultInput["vendor"]): Promise<void> => {
    await json(`/faults${vendor ? `?vendor=${vendor}` : ""}`, { method: "DELETE" });
  };
  return {
    addFault,
    /** Ends all faults, or those of one vendor. */
    clearFaults,
    /** Has a vendor fail throughout, so that no further attempt of the same call succeeds. */
    withFault: async <T>(fault: FaultInput, work: () => Promise<T>): Promise<T> => {
      await addFault(fault);
      try {
        return await work();
      } finally {
        await clearFaults(fault.vendor);
      }
    },
    /** What the stand-ins were asked, oldest first. */
    vendorCalls: async (): Promise<VendorCall[]> => {
      const { requests } = (await json("/requests?format=json")) as { requests: VendorCall[] };
      return requests.reverse();
    },
    /** How many calls reached each vendor, those that met a fault among them; a closed port sees none. */
    vendorCallCounts: async (): Promise<Record<string, number>> => {
      const { counts } = (await json("/requests?format=json")) as { counts: Record<string, number> };
      return counts;
    },
    /** What calls have left behind at each vendor, by collection: mails, alerts, customers, … */
    vendorEffects: async (): Promise<Record<FaultInput["vendor"], Record<string, number>>> => {
      const { effects } = (await json("/requests?format=json")) as {
        effects: Record<FaultInput["vendor"], Record<string, number>>;
      };
      return effects;
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
