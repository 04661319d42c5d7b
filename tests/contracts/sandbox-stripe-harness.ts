/** A payments sandbox of a test's own, the real `stripe` client on it, and an app that takes its webhooks. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Stripe from "stripe";
import { type RunningSandbox, startSandbox } from "@/lib/sandbox/start";
import { ANY_PORTS, SENDGRID_PRIVATE_KEY } from "@/tests/support/vendors";

export const WEBHOOK_SECRET = "whsec_dGhlIHNlY3JldCBvZiB0aGUgc3RyaXBlIHNhbmRib3ggdGVzdHM=";

export interface ReceivedWebhook {
  body: string;
  signature: string;
  event: Stripe.Event;
}

export type Harness = Awaited<ReturnType<typeof startHarness>>;

export async function startHarness() {
  const dataDir = mkdtempSync(join(tmpdir(), "sandbox-stripe-"));
  const received: ReceivedWebhook[] = [];
  let answer = 200;
  let clockOffsetMs = 0;

  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const signature = String(request.headers["stripe-signature"]);
    if (request.url?.startsWith("/api/webhooks/"))
      received.push({ body, signature, event: JSON.parse(body) });
    response.statusCode = answer;
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const appUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;

  const start = (port: number): Promise<RunningSandbox> =>
    startSandbox({
      dataDir,
      appUrl,
      ports: { ...ANY_PORTS, stripe: port },
      webhookSecrets: { stripe: WEBHOOK_SECRET, resend: WEBHOOK_SECRET, sendgrid: SENDGRID_PRIVATE_KEY },
      now: () => Date.now() + clockOffsetMs,
    });
  let sandbox = await start(0);
  const port = Number(new URL(sandbox.urls.stripe).port);
  const client = (key: string) =>
    new Stripe(key, { host: "127.0.0.1", port, protocol: "http", maxNetworkRetries: 0, telemetry: false });

  return {
    stripe: client("sk_test_sandbox"),
    client,
    appUrl,
    received,
    baseUrl: sandbox.urls.stripe,
    controlUrl: () => sandbox.urls.control,
    answerWebhooksWith(status: number) {
      answer = status;
    },
    /** Lets time pass for the sandbox. */
    advance(seconds: number) {
      clockOffsetMs += seconds * 1000;
    },
    /** Closes everything and opens it again on the same data. */
    async restart() {
      await sandbox.stop();
      sandbox = await start(port);
    },
    async stop() {
      await sandbox.stop();
      await new Promise((resolve) => receiver.close(resolve));
      rmSync(dataDir, { recursive: true, force: true });
    },
    /** Polls until a webhook for which `matches` holds has come. */
    async webhook(matches: (event: Stripe.Event) => boolean): Promise<ReceivedWebhook> {
      const deadline = Date.now() + 10_000;
      for (;;) {
        const found = received.find(({ event }) => matches(event));
        if (found) return found;
        if (Date.now() > deadline) {
          throw new Error(
            `No such webhook came. Received: ${received.map(({ event }) => event.type).join(", ")}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

/** Posts a form as a browser without JavaScript would, and does not follow where it leads. */
export function postForm(url: string, fields: Record<string, string>): Promise<Response> {
  return fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams(fields) });
}

/** What a person types for a card that works. */
export const GOOD_CARD = {
  email: "ann@example.com",
  number: "4242 4242 4242 4242",
  expiry: "12 / 34",
  cvc: "123",
  name: "Ann Example",
};

export interface Catalogue {
  proMonthly: Stripe.Price;
  proYearly: Stripe.Price;
  teamMonthly: Stripe.Price;
}

/** Two products and three prices with lookup keys. */
export async function createCatalogue(stripe: Stripe): Promise<Catalogue> {
  const pro = await stripe.products.create({ name: "Pro", metadata: { plan: "pro" } });
  const team = await stripe.products.create({ name: "Team", metadata: { plan: "team" } });
  const price = (product: Stripe.Product, amount: number, interval: "month" | "year", key: string) =>
    stripe.prices.create({
      product: product.id,
      currency: "usd",
      unit_amount: amount,
      recurring: { interval },
      lookup_key: key,
      transfer_lookup_key: true,
    });
  return {
    proMonthly: await price(pro, 2000, "month", "pro_monthly"),
    proYearly: await price(pro, 20_000, "year", "pro_yearly"),
    teamMonthly: await price(team, 5000, "month", "team_monthly"),
  };
}

/** An open checkout of a fresh customer. */
export async function createCheckout(
  harness: Harness,
  price: Stripe.Price,
  more: Partial<Stripe.Checkout.SessionCreateParams> = {},
) {
  const customer = await harness.stripe.customers.create({
    email: "ann@example.com",
    metadata: { workspace: "w1" },
  });
  const session = await harness.stripe.checkout.sessions.create({
    mode: "subscription",
    customer: customer.id,
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: `${harness.appUrl}/billing/return?session_id={CHECKOUT_SESSION_ID}`,
    cancel_url: `${harness.appUrl}/pricing`,
    client_reference_id: "workspace_1",
    metadata: { operation: "op_1" },
    subscription_data: { metadata: { operation: "op_1" } },
    ...more,
  });
  if (!session.url) throw new Error("An open session has a URL.");
  return { customer, session, url: session.url };
}

/** A customer with an active subscription, paid on the hosted page. */
export async function createSubscriber(
  harness: Harness,
  price: Stripe.Price,
  card: Record<string, string> = GOOD_CARD,
) {
  const { customer, session, url } = await createCheckout(harness, price);
  const paid = await postForm(url, card);
  if (paid.status !== 303) throw new Error(`Payment answered ${paid.status}.`);
  const subscriptions = await harness.stripe.subscriptions.list({ customer: customer.id });
  const [subscription] = subscriptions.data;
  if (!subscription) throw new Error("There is no subscription after payment.");
  return { customer, session, subscription };
}
