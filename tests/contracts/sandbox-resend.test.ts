/**
 * The mail sandbox against the real `resend` SDK, unchanged but for its base URL: what holds here is what the app's adapter
 * may rely on.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CreateEmailOptions, Resend } from "resend";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "@/lib/sandbox/start";
import { ANY_PORTS, SENDGRID_PRIVATE_KEY } from "@/tests/support/vendors";

const SECRET = `whsec_${Buffer.from("a secret of the mail sandbox test").toString("base64")}`;

interface ReceivedWebhook {
  headers: Record<string, string>;
  body: string;
  payload: { type: string; created_at: string; data: Record<string, unknown> & { email_id: string } };
}

let dataDir: string;
let receiver: Server;
let received: ReceivedWebhook[];
let sandbox: RunningSandbox;
let resend: Resend;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "sandbox-resend-"));
  received = [];
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    if (request.url === "/api/webhooks/resend") received.push({ headers, body, payload: JSON.parse(body) });
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  sandbox = await startSandbox({
    dataDir,
    appUrl: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
    ports: ANY_PORTS,
    webhookSecrets: { stripe: SECRET, resend: SECRET, sendgrid: SENDGRID_PRIVATE_KEY },
  });
  resend = new Resend("re_sandbox", { baseUrl: sandbox.urls.resend });
});

afterAll(async () => {
  await sandbox?.stop();
  await new Promise((resolve) => receiver.close(resolve));
  rmSync(dataDir, { recursive: true, force: true });
});

function message(overrides: Partial<CreateEmailOptions> = {}): CreateEmailOptions {
  return {
    from: "Breakwater <hello@example.com>",
    to: `${randomUUID()}@example.com`,
    subject: "Welcome",
    html: "<p>Hello</p>",
    text: "Hello",
    ...overrides,
  } as CreateEmailOptions;
}

async function until<T>(probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error("It did not happen within 5 s.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function send(overrides: Partial<CreateEmailOptions> = {}): Promise<string> {
  const { data, error } = await resend.emails.send(message(overrides));
  if (error) throw new Error(error.message);
  return data.id;
}

function webhookOf(emailId: string, type: string): Promise<ReceivedWebhook> {
  return until(() =>
    received.find(({ payload }) => payload.type === type && payload.data.email_id === emailId),
  );
}

async function mailbox(to: string): Promise<{ emails: Record<string, unknown>[] }> {
  const response = await fetch(`${sandbox.urls.resend}/mailbox.json?to=${encodeURIComponent(to)}`);
  return (await response.json()) as { emails: Record<string, unknown>[] };
}

describe("sending", () => {
  test("a sent mail can be retrieved with everything it was sent with", async () => {
    const id = await send({
      to: ["Ada <ada@example.com>", "bob@example.com"],
      cc: "cc@example.com",
      replyTo: "reply@example.com",
      tags: [{ name: "kind", value: "welcome" }],
    });
    const { data, error, headers } = await resend.emails.get(id);

    expect(error).toBeNull();
    expect(data).toMatchObject({
      object: "email",
      id,
      from: "Breakwater <hello@example.com>",
      to: ["Ada <ada@example.com>", "bob@example.com"],
      cc: ["cc@example.com"],
      bcc: null,
      reply_to: ["reply@example.com"],
      subject: "Welcome",
      html: "<p>Hello</p>",
      text: "Hello",
      tags: [{ name: "kind", value: "welcome" }],
      scheduled_at: null,
    });
    expect(new Date(data?.created_at ?? "").getTime()).toBeLessThanOrEqual(Date.now());
    expect(Number(headers?.["ratelimit-limit"])).toBeGreaterThan(0);
    expect(Number(headers?.["ratelimit-remaining"])).toBeLessThan(Number(headers?.["ratelimit-limit"]));
    expect(Number(headers?.["ratelimit-reset"])).toBeGreaterThan(0);
  });

  test("a batch sends every mail of it, in order", async () => {
    const { data } = await resend.batch.send([message({ subject: "one" }), message({ subject: "two" })]);
    const ids = data?.data.map(({ id }) => id) ?? [];
    const subjects = await Promise.all(ids.map(async (id) => (await resend.emails.get(id)).data?.subject));

    expect(subjects).toEqual(["one", "two"]);
  });

  test("a strict batch with one faulty mail sends none; a permissive one sends the others", async () => {
    const to = `${randomUUID()}@example.com`;
    const batch = [message({ to }), message({ to: "nobody" }), message({ to })];
    const strict = await resend.batch.send(batch);
    expect(strict.error).toMatchObject({ statusCode: 422, name: "validation_error" });
    expect((await mailbox(to)).emails).toHaveLength(0);

    const permissive = await resend.batch.send(batch, { batchValidation: "permissive" });
    expect(permissive.data?.data).toHaveLength(2);
    expect(permissive.data?.errors).toEqual([
      { index: 1, message: expect.stringContaining("Invalid `to` field") },
    ]);
    expect((await mailbox(to)).emails).toHaveLength(2);
  });

  test("the list pages through all mails, newest first", async () => {
    const older = await send();
    const newer = await send();
    const first = await resend.emails.list({ limit: 1 });
    const second = await resend.emails.list({ limit: 1, after: newer });

    expect(first.data).toMatchObject({ object: "list", has_more: true, data: [{ id: newer }] });
    expect(second.data?.data.map(({ id }) => id)).toEqual([older]);
  });

  test("an account has no domains", async () => {
    expect((await resend.domains.list()).data).toEqual({ object: "list", has_more: false, data: [] });
  });
});

describe("idempotency", () => {
  test("the same key and body answers the same id and sends once", async () => {
    const email = message();
    const idempotencyKey = randomUUID();
    const first = await resend.emails.send(email, { idempotencyKey });
    const second = await resend.emails.send(email, { idempotencyKey });

    expect(second.data?.id).toBe(first.data?.id);
    const { emails } = await mailbox(String(email.to));
    expect(emails).toHaveLength(1);
    expect(emails[0]).toMatchObject({ id: first.data?.id, idempotency_key: idempotencyKey });
  });

  test("another body under the same key is refused", async () => {
    const idempotencyKey = randomUUID();
    await resend.emails.send(message(), { idempotencyKey });
    const { error } = await resend.emails.send(message({ subject: "Other" }), { idempotencyKey });

    expect(error).toMatchObject({ statusCode: 409, name: "invalid_idempotent_request" });
  });

  test("a twin of a request still in progress is refused, and only one mail is sent", async () => {
    const email = message();
    const idempotencyKey = randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => resend.emails.send(email, { idempotencyKey })));
    const errors = answers.flatMap(({ error }) => (error ? [error] : []));

    expect(errors.length).toBeGreaterThanOrEqual(1);
    for (const error of errors) {
      expect(error).toMatchObject({ statusCode: 409, name: "concurrent_idempotent_requests" });
    }
    expect((await mailbox(String(email.to))).emails).toHaveLength(1);
  });

  test("a batch under the same key sends once", async () => {
    const batch = [message(), message()];
    const idempotencyKey = randomUUID();
    const first = await resend.batch.send(batch, { idempotencyKey });
    const second = await resend.batch.send(batch, { idempotencyKey });

    expect(second.data).toEqual(first.data);
    expect((await mailbox(String(batch[0]?.to))).emails).toHaveLength(1);
  });

  test("a key of more than 256 characters is refused", async () => {
    const { error } = await resend.emails.send(message(), { idempotencyKey: "k".repeat(257) });
    expect(error).toMatchObject({ statusCode: 400, name: "invalid_idempotency_key" });
  });

  test("a refused body does not use up its key", async () => {
    const idempotencyKey = randomUUID();
    expect((await resend.emails.send(message({ to: "nobody" }), { idempotencyKey })).error).not.toBeNull();
    expect((await resend.emails.send(message(), { idempotencyKey })).error).toBeNull();
  });
});

describe("errors", () => {
  test.each([
    ["a wrong key", { authorization: "Bearer re_other" }, 403, "invalid_api_key"],
    ["no key", {}, 401, "missing_api_key"],
  ])("%s is refused", async (_name, headers, status, name) => {
    const response = await fetch(`${sandbox.urls.resend}/emails`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers } as Record<string, string>,
      body: JSON.stringify(message()),
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ statusCode: status, name, message: expect.any(String) });
  });

  test.each<[string, Partial<CreateEmailOptions>, string]>([
    ["no recipient", { to: [] }, "missing_required_field"],
    ["no subject", { subject: "" }, "missing_required_field"],
    ["an address that is none", { to: "nobody" }, "validation_error"],
    ["a sender that is none", { from: "nobody" }, "invalid_from_address"],
    ["neither HTML nor text", { html: undefined, text: undefined }, "missing_required_field"],
    ["51 recipients", { to: Array.from({ length: 51 }, (_, at) => `${at}@example.com`) }, "validation_error"],
    ["a tag with a blank in it", { tags: [{ name: "a b", value: "c" }] }, "validation_error"],
  ])("a mail with %s is refused", async (_name, overrides, name) => {
    const { data, error } = await resend.emails.send(message(overrides));
    expect(data).toBeNull();
    expect(error).toMatchObject({ statusCode: 422, name });
  });

  test("an unknown mail and an unknown route are not found", async () => {
    expect((await resend.emails.get(randomUUID())).error).toMatchObject({
      statusCode: 404,
      name: "not_found",
    });
    expect((await resend.emails.get("abc")).error).toMatchObject({
      statusCode: 422,
      name: "invalid_parameter",
    });
    expect((await resend.contacts.list()).error).toMatchObject({ statusCode: 404, name: "not_found" });
    expect((await resend.delete("/emails")).error).toMatchObject({
      statusCode: 405,
      name: "method_not_allowed",
    });
  });
});

describe("webhooks", () => {
  test("a mail is sent, then delivered, and both are told with a signature that verifies", async () => {
    const id = await send({ tags: [{ name: "kind", value: "welcome" }] });
    const sent = await webhookOf(id, "email.sent");
    const delivered = await webhookOf(id, "email.delivered");

    for (const { headers, body } of [sent, delivered]) {
      const {
        "svix-id": svixId = "",
        "svix-timestamp": timestamp = "",
        "svix-signature": signature = "",
      } = headers;
      const verify = (content: string) =>
        new Webhook(SECRET).verify(content, {
          "webhook-id": svixId,
          "webhook-timestamp": timestamp,
          "webhook-signature": signature,
        });
      expect(verify(body)).toEqual(JSON.parse(body));
      expect(() => verify(body.replace("Welcome", "welcome"))).toThrow();
      // The SDK's own check accepts it as well.
      const checked = resend.webhooks.verify({
        payload: body,
        headers: { id: svixId, timestamp, signature },
        webhookSecret: SECRET,
      });
      expect(checked).toEqual(JSON.parse(body));
    }
    expect(sent.headers["svix-id"]).not.toBe(delivered.headers["svix-id"]);
    expect(delivered.payload.data).toMatchObject({
      email_id: id,
      subject: "Welcome",
      tags: { kind: "welcome" },
    });
    expect((await resend.emails.get(id)).data?.last_event).toBe("delivered");
  });

  test.each([
    ["email.bounced", "bounced", { bounce: { type: "Permanent", subType: "General" } }],
    ["email.complained", "complained", {}],
    ["email.suppressed", "suppressed", { suppressed: { type: "OnAccountSuppressionList" } }],
  ])("%s can be triggered from the mailbox", async (type, lastEvent, data) => {
    const id = await send();
    await webhookOf(id, "email.delivered");
    const response = await fetch(`${sandbox.urls.resend}/mailbox/${id}/events`, {
      method: "POST",
      body: new URLSearchParams({ state: lastEvent }),
      redirect: "manual",
    });

    expect(response.status).toBe(303);
    expect((await webhookOf(id, type)).payload.data).toMatchObject({ email_id: id, ...data });
    expect((await resend.emails.get(id)).data?.last_event).toBe(lastEvent);
  });

  test("the vendor's test addresses bounce, complain and are suppressed by themselves", async () => {
    const bounced = await send({ to: "bounced+label@resend.dev" });
    const complained = await send({ to: "complained@resend.dev" });
    const suppressed = await send({ to: "suppressed@resend.dev" });

    await webhookOf(bounced, "email.bounced");
    await webhookOf(complained, "email.complained");
    await webhookOf(suppressed, "email.suppressed");
    expect(
      received.some(({ payload }) => payload.type === "email.delivered" && payload.data.email_id === bounced),
    ).toBe(false);
  });
});

describe("the suppression list", () => {
  const letHappen = (id: string, state: string) =>
    fetch(`${sandbox.urls.resend}/mailbox/${id}/events`, {
      method: "POST",
      body: new URLSearchParams({ state }),
      redirect: "manual",
    });

  test.each(["bounced", "complained"])(
    "has an address whose mail %s, until it is taken off",
    async (state) => {
      const to = `${randomUUID()}@example.com`;
      const first = await send({ to });
      await webhookOf(first, "email.delivered");
      await letHappen(first, state);
      await webhookOf(await send({ to }), "email.suppressed");

      expect((await resend.suppressions.remove(to.toUpperCase())).data).toMatchObject({
        object: "suppression",
        deleted: true,
      });
      expect((await resend.suppressions.remove(to)).error).toMatchObject({
        statusCode: 404,
        name: "not_found",
      });
      await webhookOf(await send({ to }), "email.delivered");
    },
  );
});

describe("the mailbox", () => {
  test("finds mails by the exact address, newest first, with their content", async () => {
    const to = `${randomUUID()}@example.com`;
    await send({ to: `Ada <${to}>`, subject: "first" });
    await send({ to, subject: "second", tags: [{ name: "kind", value: "reset" }] });
    const { emails } = await mailbox(to.toUpperCase());

    expect(emails.map(({ subject }) => subject)).toEqual(["second", "first"]);
    expect(emails[0]).toMatchObject({
      provider: "resend",
      html: "<p>Hello</p>",
      text: "Hello",
      tags: { kind: "reset" },
    });
  });

  test("shows a hostile subject as text and a hostile body without letting it run", async () => {
    const id = await send({
      subject: "<script>alert(1)</script>",
      html: "<!doctype html><html><head><title>x</title></head><body><script>alert(2)</script></body></html>",
    });
    const page = await (await fetch(`${sandbox.urls.resend}/mailbox/${id}`)).text();
    expect(page).not.toContain("<script>alert(1)");
    expect(page).toContain("&lt;script&gt;alert(1)");

    const frame = await fetch(`${sandbox.urls.resend}/mailbox/${id}/html`);
    const policy = frame.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/sandbox (?!.*allow-scripts)/);
    expect(await frame.text()).toMatch(/^<!doctype html><html><head><base target="_top">/);
  });

  test("refuses a form that another site posts", async () => {
    const id = await send();
    const foreign = await fetch(`${sandbox.urls.resend}/mailbox/${id}/events`, {
      method: "POST",
      headers: { origin: "https://attacker.example" },
      body: new URLSearchParams({ state: "bounced" }),
    });
    expect(foreign.status).toBe(403);
  });
});

describe("faults, as the SDK sees them", () => {
  const control = async (method: string, body?: unknown) => {
    const response = await fetch(`${sandbox.urls.control}/faults`, {
      method,
      headers: { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    expect(response.ok).toBe(true);
  };

  test("a 429 carries Retry-After and the vendor's error", async () => {
    await control("POST", { vendor: "resend", kind: "status", status: 429, retryAfterSeconds: 7, times: 1 });
    const { error, headers } = await resend.emails.send(message());
    expect(error).toMatchObject({ statusCode: 429, name: "rate_limit_exceeded" });
    expect(headers?.["retry-after"]).toBe("7");
    expect((await resend.emails.send(message())).error).toBeNull();
  });

  test.each(["reset", "truncate", "garbage"])("%s resolves as an error without a status", async (kind) => {
    await control("POST", { vendor: "resend", kind, route: "POST /emails", times: 1 });
    const { error } = await resend.emails.send(message());
    expect(error).toMatchObject({ name: "application_error", statusCode: null });
  });

  test("an error after the fact leaves a mail behind that the same key finds again", async () => {
    const email = message();
    const idempotencyKey = randomUUID();
    await control("POST", { vendor: "resend", kind: "status", status: 500, phase: "body", times: 1 });
    expect((await resend.emails.send(email, { idempotencyKey })).error).toMatchObject({ statusCode: 500 });
    const { data } = await resend.emails.send(email, { idempotencyKey });

    const { emails } = await mailbox(String(email.to));
    expect(emails.map(({ id }) => id)).toEqual([data?.id]);
  });

  test("a closed port refuses until the faults are cleared; the mailbox is closed with it", async () => {
    await control("POST", { vendor: "resend", kind: "refused" });
    expect((await resend.emails.send(message())).error).toMatchObject({ statusCode: null });
    await expect(fetch(`${sandbox.urls.resend}/mailbox`)).rejects.toThrow();
    await control("DELETE");
    expect((await resend.emails.send(message())).error).toBeNull();
  });

  test("the mailbox is spared by a fault on every route", async () => {
    await control("POST", { vendor: "resend", kind: "status", status: 500, route: "*" });
    expect((await fetch(`${sandbox.urls.resend}/mailbox`)).status).toBe(200);
    expect((await resend.domains.list()).error).toMatchObject({ statusCode: 500 });
    await control("DELETE");
  });
});
