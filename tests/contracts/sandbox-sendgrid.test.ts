/**
 * The mail sandbox as SendGrid, over plain HTTP as its API is documented: what holds here is what the app's adapter may
 * rely on. https://www.twilio.com/docs/sendgrid/api-reference
 */
import { createPublicKey, randomUUID, verify } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSandbox } from "@/lib/sandbox/start";
import { eventually } from "@/tests/support/poll";
import {
  ANY_PORTS,
  type Delivery,
  SENDGRID_PRIVATE_KEY,
  SENDGRID_WEBHOOK_PUBLIC_KEY,
  startVendors,
  type Vendors,
} from "@/tests/support/vendors";

type Json = Record<string, unknown>;

let vendors: Vendors;

beforeAll(async () => {
  vendors = await startVendors();
});

afterAll(async () => {
  await vendors.stop();
});

const AUTHORIZED = { authorization: "Bearer SG.sandbox" };

function call(method: string, path: string, body?: unknown, headers: Record<string, string> = AUTHORIZED) {
  return fetch(`${vendors.urls.sendgrid}${path}`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

function message(overrides: Json = {}, to = `${randomUUID()}@example.com`): Json {
  return {
    personalizations: [{ to: [{ email: to }] }],
    from: { email: "hello@example.com", name: "Breakwater" },
    subject: "Welcome",
    content: [
      { type: "text/plain", value: "Hello" },
      { type: "text/html", value: "<p>Hello</p>" },
    ],
    ...overrides,
  };
}

/** The X-Message-Id that a mail was taken under. */
async function send(overrides: Json = {}, to?: string): Promise<string> {
  const response = await call("POST", "/v3/mail/send", message(overrides, to));
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  return response.headers.get("x-message-id") ?? "";
}

/** The first webhook that tells this of a mail, and the event in it. */
function toldOf(messageId: string, name: string): Promise<{ delivery: Delivery; event: Json }> {
  return eventually(`${name} of ${messageId}`, async () => {
    for (const delivery of vendors.deliveries.filter(({ vendor }) => vendor === "sendgrid")) {
      const events = JSON.parse(delivery.body) as Json[];
      const event = events.find(
        (one) => one.event === name && String(one.sg_message_id).startsWith(`${messageId}.`),
      );
      if (event) return { delivery, event };
    }
    return undefined;
  });
}

const activity = async (query: string, limit = "10") => {
  const response = await call("GET", `/v3/messages?${new URLSearchParams({ query, limit })}`);
  return { status: response.status, body: (await response.json()) as { messages?: Json[] } };
};

describe("sending", () => {
  test("a mail is taken with 202, no body and its id, and is in the mailbox with everything", async () => {
    const to = `${randomUUID()}@example.com`;
    const response = await call(
      "POST",
      "/v3/mail/send",
      message({
        personalizations: [
          {
            to: [{ email: to, name: "Ada" }],
            cc: [{ email: "cc@example.com" }],
            custom_args: { category: "welcome" },
          },
        ],
        reply_to: { email: "reply@example.com" },
        categories: ["account"],
        custom_args: { outbox_id: "o-1", category: "overridden" },
        tracking_settings: { click_tracking: { enable: false } },
      }),
    );
    expect(response.status).toBe(202);
    expect(await response.text()).toBe("");
    const messageId = response.headers.get("x-message-id");
    expect(messageId).toMatch(/^[\w-]{22}$/);

    const [mail, ...others] = await vendors.mails(to);
    expect(others).toEqual([]);
    expect(mail).toMatchObject({
      id: messageId,
      provider: "sendgrid",
      from: "Breakwater <hello@example.com>",
      to: [`Ada <${to}>`],
      subject: "Welcome",
      html: "<p>Hello</p>",
      text: "Hello",
      tags: { outbox_id: "o-1", category: "welcome" },
      idempotency_key: null,
    });
  });

  test("every personalization is a mail of its own", async () => {
    const addresses = [randomUUID(), randomUUID()].map((name) => `${name}@example.com`);
    const personalizations = addresses.map((email, index) => ({
      to: [{ email }],
      subject: `Mail ${index}`,
    }));
    await send({ personalizations, subject: undefined });
    for (const [index, address] of addresses.entries()) {
      expect((await vendors.mails(address)).map(({ subject }) => subject)).toEqual([`Mail ${index}`]);
    }
  });

  test("there is no idempotency: the same request again is a second mail, whatever its headers say", async () => {
    const to = `${randomUUID()}@example.com`;
    const before = (await vendors.vendorEffects()).sendgrid.emails ?? 0;
    for (let time = 0; time < 2; time += 1) {
      const headers = { ...AUTHORIZED, "idempotency-key": "one" };
      expect((await call("POST", "/v3/mail/send", message({}, to), headers)).status).toBe(202);
    }
    expect(await vendors.mails(to)).toHaveLength(2);
    expect((await vendors.vendorEffects()).sendgrid.emails).toBe(before + 2);
  });

  test("each answer says what is left of the rate limit, the reset in Unix seconds", async () => {
    const first = (await call("GET", "/v3/scopes")).headers;
    const second = (await call("GET", "/v3/scopes")).headers;
    const reset = Number(second.get("x-ratelimit-reset"));
    expect(reset).toBeGreaterThan(Date.now() / 1000 - 1);
    expect(reset).toBeLessThanOrEqual(Date.now() / 1000 + 61);
    expect(Number(second.get("x-ratelimit-limit"))).toBeGreaterThan(0);
    if (first.get("x-ratelimit-reset") === second.get("x-ratelimit-reset")) {
      expect(Number(second.get("x-ratelimit-remaining"))).toBe(
        Number(first.get("x-ratelimit-remaining")) - 1,
      );
    }
  });

  test("a key may ask what it may do", async () => {
    const response = await call("GET", "/v3/scopes");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ scopes: expect.arrayContaining(["mail.send"]) });
  });
});

describe("errors", () => {
  const REFUSED = {
    errors: [{ message: expect.any(String), field: null, help: null }],
  };

  test.each([
    ["another key", { authorization: "Bearer SG.other" }],
    ["another vendor's key", { authorization: "Bearer re_sandbox" }],
    ["no key", {}],
  ])("%s is refused with 401, and nothing is sent", async (_name, headers) => {
    const to = `${randomUUID()}@example.com`;
    const response = await call("POST", "/v3/mail/send", message({}, to), headers as Record<string, string>);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual(REFUSED);
    expect(await vendors.mails(to)).toEqual([]);
  });

  const recipient = { email: "one@example.com" };
  test.each<[string, Json, string]>([
    ["no personalization", { personalizations: [] }, "personalizations"],
    ["no recipient", { personalizations: [{ to: [] }] }, "personalizations.0.to"],
    [
      "an address that is none",
      { personalizations: [{ to: [{ email: "nobody" }] }] },
      "personalizations.0.to.0.email",
    ],
    [
      "one address twice",
      { personalizations: [{ to: [recipient], cc: [{ email: "ONE@example.com" }] }] },
      "personalizations.0",
    ],
    ["no sender", { from: undefined }, "from.email"],
    ["a sender that is none", { from: { email: "nobody" } }, "from.email"],
    ["no subject", { subject: "" }, "subject"],
    ["no content", { content: [] }, "content"],
    ["empty content", { content: [{ type: "text/plain", value: "" }] }, "content.0.value"],
    [
      "HTML before plain text",
      {
        content: [
          { type: "text/html", value: "a" },
          { type: "text/plain", value: "b" },
        ],
      },
      "content",
    ],
    ["a custom argument that is no string", { custom_args: { outbox_id: 1 } }, "custom_args"],
    ["custom arguments of more than 10,000 bytes", { custom_args: { a: "x".repeat(10_000) } }, "custom_args"],
    ["a template, which the sandbox has not got", { template_id: "d-1" }, "template_id"],
  ])("a mail with %s is refused with 400, naming the field", async (_name, overrides, field) => {
    const response = await call("POST", "/v3/mail/send", message(overrides));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      errors: [{ message: expect.any(String), field, help: expect.stringContaining("https://") }],
    });
  });

  test.each<[string, string, string, unknown, number]>([
    ["a body that is no JSON", "POST", "/v3/mail/send", "{", 400],
    ["another method", "GET", "/v3/mail/send", undefined, 405],
    ["an unknown route", "GET", "/v3/nowhere", undefined, 404],
  ])("%s", async (_name, method, path, body, status) => {
    const response = await call(method, path, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual(REFUSED);
  });

  test("a body of another type is refused with 415", async () => {
    const headers = { ...AUTHORIZED, "content-type": "text/plain" };
    expect((await call("POST", "/v3/mail/send", message(), headers)).status).toBe(415);
  });
});

describe("Email Activity", () => {
  test("a mail is found by its custom argument, and by nothing else", async () => {
    const outboxId = randomUUID();
    const to = `${randomUUID()}@example.com`;
    const messageId = await send({ custom_args: { outbox_id: outboxId } }, to);
    await send({ custom_args: { outbox_id: randomUUID(), other: outboxId } });

    const found = await activity(`(unique_args['outbox_id']="${outboxId}")`, "1");
    expect(found.body.messages).toEqual([
      {
        from_email: "hello@example.com",
        msg_id: expect.stringMatching(new RegExp(`^${messageId}\\.`)),
        subject: "Welcome",
        to_email: to,
        status: expect.stringMatching(/^(processed|delivered)$/),
        opens_count: 0,
        clicks_count: 0,
        last_event_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      },
    ]);
    const both = `((unique_args['outbox_id']="${outboxId}") AND (to_email="${to}"))`;
    expect((await activity(both)).body.messages).toHaveLength(1);
    const neither = `unique_args['outbox_id']="${outboxId}" AND to_email="b@example.com"`;
    expect((await activity(neither)).body.messages).toEqual([]);
    expect((await activity(`unique_args['outbox_id']="${randomUUID()}"`)).body.messages).toEqual([]);
  });

  test("the newest come first, no more than asked for", async () => {
    await send({ subject: "older" });
    await send({ subject: "newer" });
    const { body } = await activity("", "1");
    expect(body.messages?.map(({ subject }) => subject)).toEqual(["newer"]);
  });

  test.each([
    ["a query that is none", "outbox_id is 1", "10"],
    ["a limit of nothing", "", "0"],
    ["a limit of more than 1,000", "", "1001"],
  ])("%s is refused with 400", async (_name, query, limit) => {
    expect((await activity(query, limit)).status).toBe(400);
  });
});

describe("the signed Event Webhook", () => {
  const publicKey = createPublicKey({
    key: Buffer.from(SENDGRID_WEBHOOK_PUBLIC_KEY, "base64"),
    format: "der",
    type: "spki",
  });
  const isSigned = ({ headers }: Delivery, body: string) =>
    verify(
      "sha256",
      Buffer.from(`${headers["x-twilio-email-event-webhook-timestamp"]}${body}`),
      publicKey,
      Buffer.from(headers["x-twilio-email-event-webhook-signature"] ?? "", "base64"),
    );

  test("a mail is processed, then delivered, and both are told with a signature that verifies", async () => {
    const to = `${randomUUID()}@example.com`;
    const messageId = await send({ custom_args: { outbox_id: "o-2" }, categories: ["account"] }, to);
    const processed = await toldOf(messageId, "processed");
    const delivered = await toldOf(messageId, "delivered");

    for (const { delivery, event } of [processed, delivered]) {
      expect(isSigned(delivery, delivery.body)).toBe(true);
      expect(isSigned(delivery, delivery.body.replace(to, "b@example.com"))).toBe(false);
      // The signature is of the bytes: who parses and writes them anew cannot verify it.
      expect(isSigned(delivery, JSON.stringify(JSON.parse(delivery.body)))).toBe(false);
      expect(event).toMatchObject({
        email: to,
        timestamp: expect.any(Number),
        sg_event_id: expect.stringMatching(/^[\w-]+$/),
        outbox_id: "o-2",
        category: ["account"],
      });
    }
    expect(processed.event.sg_event_id).not.toBe(delivered.event.sg_event_id);
    expect(processed.event.sg_message_id).toBe(delivered.event.sg_message_id);
  });

  test("a mail to two people is told in one request, an event each with an id of its own", async () => {
    const to = [randomUUID(), randomUUID()].map((name) => ({ email: `${name}@example.com` }));
    const messageId = await send({ personalizations: [{ to }] });
    const { delivery } = await toldOf(messageId, "delivered");
    const events = JSON.parse(delivery.body) as Json[];
    expect(events.map(({ email }) => email)).toEqual(to.map(({ email }) => email));
    expect(new Set(events.map(({ sg_event_id }) => sg_event_id)).size).toBe(2);
    expect(new Set(events.map(({ sg_message_id }) => sg_message_id)).size).toBe(2);
  });

  test.each([
    ["bounced", "bounce", { type: "bounce", status: "5.1.1" }],
    ["complained", "spamreport", {}],
    ["suppressed", "dropped", { reason: "Bounced Address" }],
    ["failed", "dropped", { reason: "Invalid" }],
    ["delivery_delayed", "deferred", { attempt: "1" }],
  ])("%s can be triggered from the mailbox, on either mail vendor's port", async (state, name, details) => {
    for (const origin of [vendors.urls.sendgrid, vendors.urls.resend]) {
      const messageId = await send();
      await toldOf(messageId, "delivered");
      const response = await fetch(`${origin}/mailbox/${messageId}/events`, {
        method: "POST",
        body: new URLSearchParams({ state }),
        redirect: "manual",
      });
      expect(response.status).toBe(303);
      expect((await toldOf(messageId, name)).event).toMatchObject(details);
    }
  });

  test("the same test addresses as the other vendor's decide what becomes of a mail", async () => {
    const bounced = await send({}, "bounced+label@resend.dev");
    const complained = await send({}, "complained@resend.dev");
    const suppressed = await send({}, "suppressed@resend.dev");
    await toldOf(bounced, "bounce");
    await toldOf(complained, "delivered");
    await toldOf(complained, "spamreport");
    await toldOf(suppressed, "dropped");
    const { body } = await activity(`to_email="bounced+label@resend.dev"`);
    expect(body.messages?.[0]).toMatchObject({ status: "not_delivered" });
  });
});

describe("the suppression lists", () => {
  const remove = (list: string, to: string) =>
    call("DELETE", `/v3/suppression/${list}/${encodeURIComponent(to)}`);

  test.each([
    ["bounced", "bounce", "bounces", "spam_reports"],
    ["complained", "spamreport", "spam_reports", "bounces"],
  ])(
    "have an address whose mail %s, until it is taken off the right one",
    async (state, name, list, other) => {
      const to = `${randomUUID()}+ü@example.com`;
      const first = await send({}, to);
      await toldOf(first, "delivered");
      await vendors.letHappen(first, state);
      await toldOf(first, name);
      await toldOf(await send({}, to), "dropped");

      expect((await remove(other, to)).status).toBe(404);
      expect((await remove("invalid_emails", to)).status).toBe(404);
      expect((await remove("no_such_list", to)).status).toBe(404);
      await toldOf(await send({}, to), "dropped");
      expect((await remove(list, to.toUpperCase())).status).toBe(204);
      expect((await remove(list, to)).status).toBe(404);
      await toldOf(await send({}, to), "delivered");
    },
  );

  test("do not have the test addresses: what they do they do each time", async () => {
    await toldOf(await send({}, "bounced+again@resend.dev"), "bounce");
    await toldOf(await send({}, "bounced+again@resend.dev"), "bounce");
  });
});

describe("the mailbox that both mail vendors share", () => {
  test("shows the mails of both, newest first, and who took each", async () => {
    const to = `${randomUUID()}@example.com`;
    await send({ subject: "by SendGrid" }, to);
    await fetch(`${vendors.urls.resend}/emails`, {
      method: "POST",
      headers: { authorization: "Bearer re_sandbox", "content-type": "application/json" },
      body: JSON.stringify({ from: "a@example.com", to, subject: "by Resend", text: "Hello" }),
    });
    const mails = await vendors.mails(to);
    expect(mails.map(({ subject, provider }) => [subject, provider]).sort()).toEqual([
      ["by Resend", "resend"],
      ["by SendGrid", "sendgrid"],
    ]);
    for (const origin of [vendors.urls.resend, vendors.urls.sendgrid]) {
      const page = await (await fetch(`${origin}/mailbox?to=${to}`)).text();
      expect(page).toContain("by SendGrid");
      expect(page).toContain("by Resend");
      expect(page).toContain("<td>SendGrid</td>");
    }
  });

  test("can be read at one vendor's port while the other one's is closed", async () => {
    const to = `${randomUUID()}@example.com`;
    await vendors.addFault({ vendor: "resend", kind: "refused" });
    await send({}, to);
    expect(await vendors.mails(to)).toHaveLength(1);
    await vendors.clearFaults("resend");
  });
});

test("a mail that was taken is still there after the sandbox was started anew", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "sandbox-sendgrid-"));
  const webhookSecrets = { stripe: "whsec_a", resend: "whsec_aaaa", sendgrid: SENDGRID_PRIVATE_KEY };
  const start = () =>
    startSandbox({ dataDir, appUrl: "http://127.0.0.1:9", ports: ANY_PORTS, webhookSecrets });
  const first = await start();
  const response = await fetch(`${first.urls.sendgrid}/v3/mail/send`, {
    method: "POST",
    headers: { ...AUTHORIZED, "content-type": "application/json" },
    body: JSON.stringify(message({}, "kept@example.com")),
  });
  await first.stop();
  const second = await start();
  const kept = await fetch(`${second.urls.sendgrid}/mailbox.json?to=kept@example.com`);
  const { emails } = (await kept.json()) as { emails: { id: string }[] };
  expect(emails.map(({ id }) => id)).toEqual([response.headers.get("x-message-id")]);
  await second.stop();
  rmSync(dataDir, { recursive: true, force: true });
});
