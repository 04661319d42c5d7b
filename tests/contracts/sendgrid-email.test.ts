/** The e-mail contract, kept by the SendGrid adapter: plain REST against the mail sandbox. */
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { createSendGridEmail } from "@/lib/integrations/email/sendgrid/adapter";
import type { AttemptRecord } from "@/lib/resilience/hooks";
import { answeringServer } from "@/tests/support/answering-server";
import { eventually } from "@/tests/support/poll";
import { createTestPolicy, dueCircuits } from "@/tests/support/test-policy";
import { SENDGRID_WEBHOOK_PUBLIC_KEY, startVendors } from "@/tests/support/vendors";
import { describeEmail, type EmailVendor } from "./email.contract";

const previous = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const foreign = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const base64Of = (key: KeyObject) => key.export({ format: "der", type: "spki" }).toString("base64");

type Changes = Partial<Parameters<typeof createSendGridEmail>[0]>;

function createAt(baseUrl: string, changes: Changes = {}) {
  return createSendGridEmail({
    apiKey: "SG.sandbox",
    webhookPublicKeys: [SENDGRID_WEBHOOK_PUBLIC_KEY, base64Of(previous.publicKey)],
    baseUrl,
    mode: "sandbox",
    policy: createTestPolicy("sendgrid"),
    ...changes,
  });
}

function signed(body: Buffer, key: KeyObject, at: Date): Headers {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = sign("sha256", Buffer.concat([Buffer.from(timestamp), body]), key);
  return new Headers({
    "x-twilio-email-event-webhook-timestamp": timestamp,
    "x-twilio-email-event-webhook-signature": signature.toString("base64"),
  });
}

async function startSendGrid(): Promise<EmailVendor> {
  const vendors = await startVendors();
  const create = (changes: Changes = {}) => createAt(vendors.urls.sendgrid, changes);
  return {
    provider: create(),
    badCredentials: create({ apiKey: "SG.of_somebody_else" }),
    withoutWebhookSecret: create({ webhookPublicKeys: [] }),
    withOpenCircuits: async () =>
      create({ policy: createTestPolicy("sendgrid", { breakers: await dueCircuits("sendgrid") }) }),
    fail: () => vendors.addFault({ vendor: "sendgrid", kind: "status", status: 503 }),
    loseNextAnswer: () =>
      vendors.addFault({
        vendor: "sendgrid",
        kind: "reset",
        phase: "body",
        route: "POST /v3/mail/send",
        times: 1,
      }),
    heal: vendors.clearFaults,
    calls: async () => (await vendors.vendorCallCounts()).sendgrid ?? 0,
    arrived: async (to) =>
      (await vendors.mails(to)).map(({ id, from, subject, html, text, categories }) => ({
        id,
        from,
        subject,
        html,
        text,
        category: categories[0],
      })),
    newest: async (to) => {
      const [mail] = await vendors.mails(to);
      return { headers: mail?.headers ?? {}, state: mail?.last_event ?? "" };
    },
    letHappen: (messageId, what) => vendors.letHappen(messageId, what),
    deliveredWebhook: async (to) => {
      const delivery = await eventually("the mail's webhook", async () =>
        vendors.deliveries.find(({ vendor, body }) => vendor === "sendgrid" && body.includes(to)),
      );
      return { headers: new Headers(delivery.headers), body: Buffer.from(delivery.body) };
    },
    resign: (body, whose, at) =>
      signed(body, whose === "previous" ? previous.privateKey : foreign.privateKey, at),
    signedHeaders: ["x-twilio-email-event-webhook-timestamp"],
    stop: vendors.stop,
  };
}

describeEmail("SendGrid", "lookup", startSendGrid);

describe("the SendGrid adapter", async () => {
  const vendors = await startVendors();
  afterEach(() => vendors.clearFaults());
  afterAll(() => vendors.stop());

  const sought = () => ({ key: randomUUID(), to: "ann@example.com", since: new Date() });
  const mail = {
    from: 'Breakwater, "the app" <hello@breakwater.example>',
    to: "ann@example.com",
    subject: "s",
    html: "<p>h</p>",
    text: "t",
    category: "welcome",
  };

  test("asks for no tracking, and names the mail by our key", async () => {
    const vendor = await answeringServer({ status: 202, headers: { "x-message-id": "m" } });
    const key = randomUUID();
    await createAt(vendor.url).send(mail, { idempotencyKey: key });
    vendor.stop();
    expect(vendor.requests.map(({ body }) => JSON.parse(body))).toMatchObject([
      {
        from: { email: "hello@breakwater.example", name: 'Breakwater, "the app"' },
        custom_args: { outbox_id: key },
        categories: ["welcome"],
        tracking_settings: {
          click_tracking: { enable: false, enable_text: false },
          open_tracking: { enable: false },
        },
      },
    ]);
  });

  test("notes the request's id and what may still be asked", async () => {
    const attempts: AttemptRecord[] = [];
    const policy = createTestPolicy("sendgrid", { hooks: { onAttempt: (record) => attempts.push(record) } });
    const { messageId } = await createAt(vendors.urls.sendgrid, { policy }).send(mail, {
      idempotencyKey: randomUUID(),
    });
    expect(attempts).toMatchObject([
      { outcome: "ok", requestId: messageId, quota: { limit: 60_000, remaining: expect.any(Number) } },
    ]);
  });

  test("sends once a call, also where calls may be tried three times: the vendor knows no keys", async () => {
    await vendors.addFault({ vendor: "sendgrid", kind: "status", status: 500 });
    const attempts: AttemptRecord[] = [];
    const limits = { attemptMs: 500, overallMs: 2_000, attempts: 3, backoff: { baseMs: 1, capMs: 1 } };
    const policy = createTestPolicy("sendgrid", {
      limits: { read: limits, write: limits, background: limits },
      hooks: { onAttempt: (record) => attempts.push(record) },
    });
    const provider = createAt(vendors.urls.sendgrid, { policy });
    await expect(provider.send(mail, { idempotencyKey: randomUUID() })).rejects.toThrow();
    expect(attempts).toHaveLength(1);
  });

  test.each([400, 403, 404])("knows that it may not look when that is answered %i", async (status) => {
    await vendors.addFault({ vendor: "sendgrid", kind: "status", status, route: "GET /v3/messages" });
    const outcomes: string[] = [];
    const policy = createTestPolicy("sendgrid", {
      hooks: { onAttempt: ({ outcome }) => outcomes.push(outcome) },
    });
    const provider = createAt(vendors.urls.sendgrid, { policy });
    expect(await provider.findSent(sought())).toEqual({ kind: "refused" });
    // A plan without that part is no reason to wake anybody.
    expect(outcomes).toEqual(["ok"]);
  });

  test("does not take a rejected key, or an answer that it cannot read, for a plan without that part", async () => {
    const provider = createAt(vendors.urls.sendgrid);
    await vendors.addFault({ vendor: "sendgrid", kind: "status", status: 401, times: 1 });
    await expect(provider.findSent(sought())).rejects.toMatchObject({ kind: "credentials_rejected" });
    const vendor = await answeringServer({ body: '{"messages":[{"id":1}]}' });
    await expect(createAt(vendor.url).findSent(sought())).rejects.toMatchObject({ kind: "unavailable" });
    vendor.stop();
  });

  test("knows that it may not touch the suppression lists when that is answered 403", async () => {
    const route = "DELETE /v3/suppression/*";
    await vendors.addFault({ vendor: "sendgrid", kind: "status", status: 403, route });
    const outcomes: string[] = [];
    const policy = createTestPolicy("sendgrid", {
      hooks: { onAttempt: ({ outcome }) => outcomes.push(outcome) },
    });
    expect(await createAt(vendors.urls.sendgrid, { policy }).removeSuppression("ann@example.com")).toBe(
      "refused",
    );
    expect(new Set(outcomes)).toEqual(new Set(["ok"]));
  });

  test("knows of no rate: the vendor publishes none for sending", () => {
    expect(createAt(vendors.urls.sendgrid).sendsPerSecond).toBeNull();
  });

  test("believes no mail to be taken that has no id", async () => {
    const vendor = await answeringServer({ status: 202 });
    await expect(createAt(vendor.url).send(mail, { idempotencyKey: randomUUID() })).rejects.toMatchObject({
      kind: "unavailable",
      mayHaveTakenEffect: true,
    });
    vendor.stop();
  });
});
