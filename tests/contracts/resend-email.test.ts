/** The e-mail contract, kept by the Resend adapter: the real SDK against the mail sandbox. */
import { randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { createResendEmail } from "@/lib/integrations/email/resend/adapter";
import type { Quota } from "@/lib/resilience/call";
import { answeringServer } from "@/tests/support/answering-server";
import { eventually } from "@/tests/support/poll";
import { createTestPolicy, dueCircuits } from "@/tests/support/test-policy";
import { RESEND_WEBHOOK_SECRET, startVendors } from "@/tests/support/vendors";
import { describeEmail, type EmailVendor } from "./email.contract";

const PREVIOUS_SECRET = "whsec_cHJldmlvdXM=";

type Changes = Partial<Parameters<typeof createResendEmail>[0]>;

function createAt(baseUrl: string, changes: Changes = {}) {
  return createResendEmail({
    apiKey: "re_sandbox",
    webhookSecrets: [RESEND_WEBHOOK_SECRET, PREVIOUS_SECRET],
    baseUrl,
    mode: "sandbox",
    policy: createTestPolicy("resend"),
    ...changes,
  });
}

async function startResend(): Promise<EmailVendor> {
  const vendors = await startVendors();
  const create = (changes: Changes = {}) => createAt(vendors.urls.resend, changes);
  return {
    provider: create(),
    badCredentials: create({ apiKey: "re_of_somebody_else" }),
    withoutWebhookSecret: create({ webhookSecrets: [] }),
    withOpenCircuits: async () =>
      create({ policy: createTestPolicy("resend", { breakers: await dueCircuits("resend") }) }),
    fail: () => vendors.addFault({ vendor: "resend", kind: "status", status: 503 }),
    loseNextAnswer: () =>
      vendors.addFault({ vendor: "resend", kind: "reset", phase: "body", route: "POST /emails", times: 1 }),
    heal: vendors.clearFaults,
    calls: async () => (await vendors.vendorCallCounts()).resend ?? 0,
    arrived: async (to) =>
      (await vendors.mails(to)).map(({ id, from, subject, html, text, tags }) => ({
        id,
        from,
        subject,
        html,
        text,
        category: tags.category,
      })),
    newest: async (to) => {
      const [mail] = await vendors.mails(to);
      return { headers: mail?.headers ?? {}, state: mail?.last_event ?? "" };
    },
    letHappen: (messageId, what) => vendors.letHappen(messageId, what),
    deliveredWebhook: async (to) => {
      const delivery = await eventually("the mail's webhook", async () =>
        vendors.deliveries.find(({ vendor, body }) => vendor === "resend" && body.includes(to)),
      );
      return { headers: new Headers(delivery.headers), body: Buffer.from(delivery.body) };
    },
    resign: (body, whose, at) => {
      const secret = whose === "previous" ? PREVIOUS_SECRET : "whsec_c29tZWJvZHkgZWxzZQ==";
      const id = `msg_${randomUUID()}`;
      return new Headers({
        "svix-id": id,
        "svix-timestamp": String(Math.floor(at.getTime() / 1000)),
        "svix-signature": new Webhook(secret).sign(id, at, body.toString("utf8")),
      });
    },
    signedHeaders: ["svix-id", "svix-timestamp"],
    stop: vendors.stop,
  };
}

describeEmail("Resend", "idempotency-key", startResend);

describe("a key that may only send", () => {
  test("is a proof of life to a probe, and no reason to wake anybody", async () => {
    const message = "This API key is restricted to only send emails";
    const body = JSON.stringify({ statusCode: 401, name: "restricted_api_key", message });
    const vendor = await answeringServer({ status: 401, body });
    const outcomes: string[] = [];
    const policy = createTestPolicy("resend", {
      breakers: await dueCircuits("resend"),
      hooks: { onAttempt: ({ outcome }) => outcomes.push(outcome) },
    });
    expect(await createAt(vendor.url, { policy }).probe("write")).toBe(true);
    expect(outcomes).toEqual(["ok"]);
    vendor.stop();
  });

  test("may not look for a mail, and says so", async () => {
    const message = "This API key is restricted to only send emails";
    const body = JSON.stringify({ statusCode: 401, name: "restricted_api_key", message });
    const vendor = await answeringServer({ status: 401, body });
    const outcomes: string[] = [];
    const policy = createTestPolicy("resend", {
      hooks: { onAttempt: ({ outcome }) => outcomes.push(outcome) },
    });
    const sought = { key: randomUUID(), to: "ann@example.com", since: new Date() };
    expect(await createAt(vendor.url, { policy }).findSent(sought)).toEqual({ kind: "refused" });
    expect(outcomes).toEqual(["ok"]);
    vendor.stop();
  });

  test("may not touch the suppression list, and says so", async () => {
    const message = "This API key is restricted to only send emails";
    const body = JSON.stringify({ statusCode: 401, name: "restricted_api_key", message });
    const vendor = await answeringServer({ status: 401, body });
    const outcomes: string[] = [];
    const policy = createTestPolicy("resend", {
      hooks: { onAttempt: ({ outcome }) => outcomes.push(outcome) },
    });
    expect(await createAt(vendor.url, { policy }).removeSuppression("ann@example.com")).toBe("refused");
    expect(outcomes).toEqual(["ok"]);
    vendor.stop();
  });
});

describe("a mail that is looked for in the vendor's list", () => {
  const sought = { key: randomUUID(), to: "ann@example.com", since: new Date("2026-11-22T10:00:00Z") };
  const entry = (createdAt: string) => ({ id: randomUUID(), to: ["bob@example.com"], created_at: createdAt });
  const lookFor = async (answer: unknown) => {
    const vendor = await answeringServer({ body: JSON.stringify(answer) });
    const result = await createAt(vendor.url)
      .findSent(sought)
      .catch((error: { kind: string }) => error.kind);
    vendor.stop();
    return { result, pages: vendor.requests.length };
  };

  test("is looked for no further back than it can have been sent", async () => {
    const page = { object: "list", has_more: true, data: [entry("2026-11-22 09:54:59.123456+00")] };
    expect(await lookFor(page)).toEqual({ result: { kind: "not_found" }, pages: 1 });
  });

  test("is left to a person where too many were sent since", async () => {
    const page = { object: "list", has_more: true, data: [entry("2026-11-22 10:00:01+00")] };
    expect(await lookFor(page)).toEqual({ result: { kind: "unclear" }, pages: 20 });
  });

  test.each([null, {}, { has_more: false, data: [{ id: 7 }] }])(
    "is not taken for unsent by %j",
    async (page) => {
      expect(await lookFor(page)).toEqual({ result: "unavailable", pages: 1 });
    },
  );
});

describe("what the vendor answers to a mail", () => {
  const mail = {
    from: "a@example.com",
    to: "b@example.com",
    subject: "s",
    html: "h",
    text: "t",
    category: "c",
  };

  test("tells what may still be asked of it", async () => {
    const headers = { "ratelimit-limit": "2", "ratelimit-remaining": "1", "ratelimit-reset": "1" };
    const vendor = await answeringServer({ body: '{"id":"mail_1"}', headers });
    const quotas: (Quota | null)[] = [];
    const policy = createTestPolicy("resend", { hooks: { onAttempt: ({ quota }) => quotas.push(quota) } });
    await createAt(vendor.url, { policy }).send(mail, { idempotencyKey: randomUUID() });
    expect(quotas).toEqual([{ limit: 2, remaining: 1, resetsInMs: 1_000 }]);
    vendor.stop();
  });

  test("tells how many it takes in a second; until then it is what the vendor publishes", async () => {
    const headers = { "ratelimit-limit": "50", "ratelimit-remaining": "49", "ratelimit-reset": "1" };
    const vendor = await answeringServer({ body: '{"id":"mail_1"}', headers });
    const provider = createAt(vendor.url);
    expect(provider.sendsPerSecond).toBe(5);
    await provider.send(mail, { idempotencyKey: randomUUID() });
    expect(provider.sendsPerSecond).toBe(50);
    vendor.stop();
  });

  test("in another unit than a second changes nothing", async () => {
    const headers = { "ratelimit-limit": "100", "ratelimit-remaining": "99", "ratelimit-reset": "3600" };
    const vendor = await answeringServer({ body: '{"id":"mail_1"}', headers });
    const provider = createAt(vendor.url);
    await provider.send(mail, { idempotencyKey: randomUUID() });
    expect(provider.sendsPerSecond).toBe(5);
    vendor.stop();
  });

  test("is repeated in its reports with our own id", async () => {
    const key = randomUUID();
    const vendors = await startVendors();
    const provider = createAt(vendors.urls.resend);
    await provider.send({ ...mail, to: `${key}@example.com` }, { idempotencyKey: key });
    const { headers: signed, body } = await eventually("the mail's webhook", async () =>
      vendors.deliveries.find((one) => one.vendor === "resend" && one.body.includes(key)),
    );
    const webhook = { body: Buffer.from(body), headers: new Headers(signed), now: new Date() };
    expect(provider.verifyWebhook(webhook)).toMatchObject({ kind: "verified", events: [{ key }] });
    await vendors.stop();
  });

  test.each(["", "null", "{}", '{"id":7}', "[]"])("%j names no mail: it may have been sent", async (body) => {
    const vendor = await answeringServer({ body });
    await expect(createAt(vendor.url).send(mail, { idempotencyKey: randomUUID() })).rejects.toMatchObject({
      kind: "unavailable",
      mayHaveTakenEffect: true,
    });
    vendor.stop();
  });
});
