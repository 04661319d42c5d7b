/**
 * Guards the ingress: nothing is believed unsigned, nothing is answered 200 before it is stored, and no answer tells an
 * attacker anything.
 */
import { createPrivateKey, randomUUID, sign } from "node:crypto";
import Stripe from "stripe";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { newViewer, startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";
import { createTestPolicy } from "@/tests/support/test-policy";
import { RESEND_WEBHOOK_SECRET, SENDGRID_PRIVATE_KEY, STRIPE_WEBHOOK_SECRET } from "@/tests/support/vendors";

const OLD_SECRET = "whsec_cHJldmlvdXMgc2VjcmV0IG9mIGEgcm90YXRpb24=";

const backend = await startBackend({ STRIPE_WEBHOOK_SECRET: `${STRIPE_WEBHOOK_SECRET}, ${OLD_SECRET}` });
const { ingressPool, pool } = await import("@/lib/db/client");
const { receiveWebhook } = await import("@/lib/webhooks/receive");
const { claimWebhookEvents } = await import("@/lib/db/webhook-claims");
const { insertWebhookEvents } = await import("@/lib/db/webhook-events");
const { paymentsEventRow } = await import("@/lib/webhooks/payments-event");
const { emailEventRowOf } = await import("@/lib/webhooks/email-event");
const { payments } = await import("@/lib/integrations/payments");
const { email, emailProvider } = await import("@/lib/integrations/email");
const { pump } = await import("@/lib/webhooks/process");
const { createStripePayments } = await import("@/lib/integrations/payments/stripe/adapter");

afterAll(() => backend.stop());

type Event = Record<string, unknown> & { id: string };

function newEvent(changes: Record<string, unknown> = {}): Event {
  return {
    id: `evt_${randomUUID().replaceAll("-", "")}`,
    object: "event",
    api_version: payments().apiVersion,
    created: Math.floor(Date.now() / 1000),
    livemode: false,
    type: "customer.subscription.updated",
    data: { object: { id: "sub_of_nobody", object: "subscription" } },
    ...changes,
  };
}

interface Post {
  body?: BodyInit | null;
  contentType?: string | null;
  signature?: string;
  secret?: string;
  timestamp?: number;
  headers?: Record<string, string>;
}

function signed(event: Event | string, options: Post = {}): Request {
  const payload = typeof event === "string" ? event : JSON.stringify(event);
  const { secret = STRIPE_WEBHOOK_SECRET, timestamp = Math.floor(Date.now() / 1000) } = options;
  const signature =
    options.signature ?? Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  const headers = new Headers({ "stripe-signature": signature, ...options.headers });
  if (options.contentType !== null) headers.set("content-type", options.contentType ?? "application/json");
  const body = options.body === undefined ? payload : options.body;
  return new Request("http://localhost/api/webhooks/stripe", {
    method: "POST",
    headers,
    body,
    duplex: "half",
  } as RequestInit);
}

const onPending = vi.fn();
const receive = (request: Request, provider = payments()) =>
  receiveWebhook(request, provider.scope.provider, provider.verifyWebhook, paymentsEventRow, onPending);

const stored = (id: string) =>
  backend.rows<{ status: string; payload: unknown }>(
    "SELECT status, payload FROM webhook_event WHERE external_id = $1",
    [id],
  );

async function expectRefused(request: Request, status: number) {
  const before = await backend.rows("SELECT id FROM webhook_event");
  onPending.mockClear();
  const response = await receive(request);
  expect(response.status).toBe(status);
  expect(await response.text()).toBe("");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await backend.rows("SELECT id FROM webhook_event")).toEqual(before);
  expect(onPending).not.toHaveBeenCalled();
  return response;
}

describe("an event of ours", () => {
  test("is stored and answered 200, and the pump is told", async () => {
    onPending.mockClear();
    const event = newEvent();
    const response = await receive(signed(event));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    expect(await stored(event.id)).toEqual([{ status: "PENDING", payload: event }]);
    expect(onPending).toHaveBeenCalledOnce();
  });

  test("is stored once, however often it comes, and at once", async () => {
    const event = newEvent();
    const responses = await Promise.all(Array.from({ length: 10 }, () => receive(signed(event))));
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(await stored(event.id)).toHaveLength(1);
  });

  test("is stored with others that come in the same moment, in few statements, and each is answered", async () => {
    const events = Array.from({ length: 100 }, () => newEvent());
    const sent = vi.spyOn(ingressPool(), "query");
    const answers = await Promise.all(events.map((event) => receive(signed(event))));
    const statements = sent.mock.calls.length;
    sent.mockRestore();
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect((await Promise.all(events.map(({ id }) => stored(id)))).flat()).toHaveLength(100);
    expect(statements).toBeLessThan(20);
  });

  test.each([
    // Half of a pair: valid JSON, and no text to PostgreSQL.
    ["PostgreSQL refuses it", { data: { object: { id: "sub_bad", description: "?" } } }],
    ["it is of no time that there is", { created: 1e13 }],
  ])("is stored although one that came in the same moment cannot be: %s", async (_name, changes) => {
    const bad = newEvent(changes);
    const refused = JSON.stringify(bad).replace('"?"', '"\\ud800"');
    const events = Array.from({ length: 20 }, () => newEvent());
    const answers = await Promise.all([
      ...events.slice(0, 10).map((event) => receive(signed(event))),
      receive(signed(refused)),
      ...events.slice(10).map((event) => receive(signed(event))),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array(10).fill(200),
      503,
      ...Array(10).fill(200),
    ]);
    expect((await Promise.all(events.map(({ id }) => stored(id)))).flat()).toHaveLength(20);
    expect(await stored(bad.id)).toEqual([]);
  });

  test("that is there already is not waited for while somebody works on it", async () => {
    const known = newEvent();
    await receive(signed(known));
    const worker = await backend.connect();
    await worker.query("BEGIN");
    await worker.query("SELECT id FROM webhook_event WHERE external_id = $1 FOR UPDATE", [known.id]);
    try {
      const events = [...Array.from({ length: 10 }, () => newEvent()), known, newEvent()];
      const answers = await Promise.all(events.map((event) => receive(signed(event))));
      expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    } finally {
      await worker.query("ROLLBACK");
      worker.release();
    }
  });

  test("is stored although the business holds every connection of its own", async () => {
    const event = newEvent();
    const held = await Promise.all(Array.from({ length: pool().options.max }, () => pool().connect()));
    try {
      expect((await receive(signed(event))).status).toBe(200);
      expect(await stored(event.id)).toHaveLength(1);
    } finally {
      for (const connection of held) connection.release();
    }
  });

  test("is accepted under the previous secret while secrets rotate", async () => {
    const event = newEvent();
    expect((await receive(signed(event, { secret: OLD_SECRET }))).status).toBe(200);
    expect(await stored(event.id)).toHaveLength(1);
  });

  test("is accepted with a charset in its content type", async () => {
    const request = signed(newEvent(), { contentType: "Application/JSON; charset=utf-8" });
    expect((await receive(request)).status).toBe(200);
  });

  test("is stored although somebody put a NUL into it, which jsonb cannot hold", async () => {
    const event = newEvent({ data: { object: { id: "sub_1", description: "a\u0000b \\u0000" } } });
    expect((await receive(signed(event))).status).toBe(200);
    const [row] = await stored(event.id);
    expect(row?.payload).toMatchObject({ data: { object: { description: "ab \\u0000" } } });
  });

  test("is accepted byte for byte: a signature covers the raw body, not the parsed one", async () => {
    const event = newEvent({ type: "customer.subscription.created" });
    expect((await receive(signed(JSON.stringify(event, null, 4)))).status).toBe(200);
    expect(await stored(event.id)).toHaveLength(1);
  });
});

describe("what nobody here handles", () => {
  test.each([
    ["a type that is not handled", { type: "radar.early_fraud_warning.created" }],
    ["an object without an id", { data: { object: { object: "balance" } } }],
  ])("%s is stored as ignored", async (_name, changes) => {
    onPending.mockClear();
    const event = newEvent(changes);
    expect((await receive(signed(event))).status).toBe(200);
    expect(await stored(event.id)).toMatchObject([{ status: "IGNORED" }]);
    expect(onPending).not.toHaveBeenCalled();
  });
});

describe("what is not meant for us", () => {
  test.each([
    ["another API version", { api_version: "2020-08-27" }],
    ["no API version", { api_version: null }],
    ["live mode", { livemode: true }],
    ["another account", { account: "acct_other" }],
  ])("%s is stored in quarantine and never processed", async (_name, changes) => {
    onPending.mockClear();
    const event = newEvent(changes);
    expect((await receive(signed(event))).status).toBe(200);
    expect(await stored(event.id)).toMatchObject([{ status: "QUARANTINED" }]);
    expect(onPending).not.toHaveBeenCalled();
    await pump.run();
    expect(await stored(event.id)).toMatchObject([{ status: "QUARANTINED" }]);
  });
});

describe("two endpoints of different API versions, while one replaces the other", () => {
  const ours = newEvent();
  const theirs = { ...ours, api_version: "2020-08-27" };

  test("a copy in our version releases the one in quarantine", async () => {
    await receive(signed(theirs));
    expect(await stored(ours.id)).toMatchObject([{ status: "QUARANTINED" }]);
    await receive(signed(ours));
    expect(await stored(ours.id)).toEqual([{ status: "PENDING", payload: ours }]);
  });

  test("begins anew then, however long it lay there", async () => {
    const event = newEvent({ data: { object: { id: "sub_from_quarantine", object: "subscription" } } });
    await receive(signed({ ...event, api_version: "2020-08-27" }));
    await backend.rows(
      `UPDATE webhook_event SET attempts = 40, last_error = 'old', received_at = now() - interval '9 days'
        WHERE external_id = $1`,
      [event.id],
    );
    await receive(signed(event));
    await receive(signed(event));
    expect(
      await backend.rows(
        `SELECT status, attempts, last_error, now() - received_at > interval '8 days' AS "isOld",
                (SELECT count(*)::int FROM audit_log
                  WHERE event_id = event.id AND detail @> '{"from": "QUARANTINED", "to": "PENDING"}') AS notes
           FROM webhook_event AS event WHERE external_id = $1`,
        [event.id],
      ),
    ).toEqual([{ status: "PENDING", attempts: 0, last_error: null, isOld: true, notes: 1 }]);
    const released = (await claimWebhookEvents(50, 60_000)).filter(
      ({ receivedAt }) => Date.now() - receivedAt.getTime() > 8 * 86_400_000,
    );
    expect(released.map(({ bornAt }) => Date.now() - bornAt.getTime() < 60_000)).toEqual([true]);
  });

  test("copies that come in the same moment leave ours", async () => {
    const event = newEvent();
    const copies = [event, { ...event, api_version: "2020-08-27" }];
    const around = () => Array.from({ length: 10 }, () => newEvent());
    const all = [...around(), ...copies, ...around(), ...copies];
    await Promise.all(all.map((one) => receive(signed(one))));
    expect(await stored(event.id)).toEqual([{ status: "PENDING", payload: event }]);
  });

  test("a copy of a list beside ours does not keep it in quarantine", async () => {
    const event = newEvent();
    await receive(signed({ ...event, api_version: "2020-08-27" }));
    const { body, headers } = signed(event);
    const bytes = Buffer.from(await new Response(body).arrayBuffer());
    const verified = payments().verifyWebhook({ body: bytes, headers, now: new Date() });
    if (verified.kind !== "verified") throw new Error("it is signed");
    const rows = verified.events.map(paymentsEventRow);
    await insertWebhookEvents([...rows, ...rows.map((row) => ({ ...row, apiVersion: null }))]);
    expect(await stored(event.id)).toEqual([{ status: "PENDING", payload: event }]);
  });

  test("a copy in another version takes nothing back", async () => {
    await receive(signed(theirs));
    expect(await stored(ours.id)).toEqual([{ status: "PENDING", payload: ours }]);
  });
});

describe("what is not believed", () => {
  const seconds = () => Math.floor(Date.now() / 1000);

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/jsonp",
    "",
  ])("a body that says it is %j is refused with 415", async (contentType) => {
    await expectRefused(signed(newEvent(), { contentType }), 415);
  });

  test("a body without a content type is refused with 415", async () => {
    const body = new Blob([JSON.stringify(newEvent())]);
    await expectRefused(signed(newEvent(), { contentType: null, body }), 415);
  });

  test("a forged signature is refused with 400", async () => {
    await expectRefused(signed(newEvent(), { secret: "whsec_c29tZWJvZHkgZWxzZQ==" }), 400);
  });

  test.each([
    ["no signature", ""],
    ["a header without a scheme", "garbage"],
    ["a time and no signature", "t=1700000000"],
    ["a signature and no time", "v1=00"],
    ["a time that is no number", "t=soon,v1=00"],
    ["an older scheme only", `t=${Math.floor(Date.now() / 1000)},v0=00`],
  ])("%s is refused with 400", async (_name, signature) => {
    await expectRefused(signed(newEvent(), { signature }), 400);
  });

  test("a body changed after signing is refused with 400", async () => {
    const event = newEvent();
    const body = JSON.stringify({ ...event, data: { object: { id: "sub_of_somebody_else" } } });
    await expectRefused(signed(event, { body }), 400);
  });

  test.each([-301, -86_400, 301, 86_400])("a signature %i s off is refused with 400", async (offset) => {
    await expectRefused(signed(newEvent(), { timestamp: seconds() + offset }), 400);
  });

  test.each([-290, 290])("a signature %i s off is let pass", async (offset) => {
    const event = newEvent();
    expect((await receive(signed(event, { timestamp: seconds() + offset }))).status).toBe(200);
  });

  test.each([
    "",
    "null",
    "[]",
    "1",
    '"text"',
    "{",
    "{}",
    '{"id":1,"type":2}',
    '{"id":"evt_1","type":"x","data":{}}',
  ])("a signed body %j that is no event is refused with 400", async (body) => {
    await expectRefused(signed(body), 400);
  });

  test("a signed body that reaches for the prototype changes nothing but its own row", async () => {
    const event = newEvent();
    const text = JSON.stringify(event).replace(
      "{",
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{}},',
    );
    expect((await receive(signed(text))).status).toBe(200);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(await stored(event.id)).toHaveLength(1);
  });
});

describe("a body that is too large", () => {
  const LIMIT = 512 * 1024;
  const large = JSON.stringify({ ...newEvent(), padding: "x".repeat(LIMIT) });

  const streamed = (chunks: number, chunkBytes: number) => {
    let sent = 0;
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent === chunks) return controller.close();
        sent += 1;
        controller.enqueue(new Uint8Array(chunkBytes).fill(32));
      },
      cancel() {
        cancelled = true;
      },
    });
    return { stream, sent: () => sent, cancelled: () => cancelled };
  };

  test("is refused with 413, signed or not", async () => {
    await expectRefused(signed(large), 413);
  });

  test("is counted, whatever length it claims", async () => {
    await expectRefused(signed(newEvent(), { body: large, headers: { "content-length": "10" } }), 413);
  });

  test("is not read to its end", async () => {
    const endless = streamed(10_000, 64 * 1024);
    await expectRefused(signed(newEvent(), { body: endless.stream }), 413);
    expect(endless.cancelled()).toBe(true);
    expect(endless.sent()).toBeLessThan(20);
  });

  test("of exactly the limit is let pass", async () => {
    const event = { ...newEvent(), padding: "" };
    const padded = JSON.stringify({ ...event, padding: "x".repeat(LIMIT - JSON.stringify(event).length) });
    expect(Buffer.byteLength(padded)).toBe(LIMIT);
    expect((await receive(signed(padded))).status).toBe(200);
  });
});

describe("what cannot be stored", () => {
  test("is answered 503 while no secret is set", async () => {
    const unconfigured = createStripePayments({
      secretKey: "sk_test_sandbox",
      webhookSecrets: [],
      apiBase: backend.urls.stripe,
      mode: "sandbox",
      policy: createTestPolicy("stripe"),
    });
    const response = await receive(signed(newEvent()), unconfigured);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("30");
    expect(await response.text()).toBe("");
  });

  test("is answered 503 when the insert takes too long, and a second delivery finds its place", async () => {
    const event = newEvent();
    const lock = await backend.connect();
    await lock.query("BEGIN; LOCK TABLE webhook_event IN ACCESS EXCLUSIVE MODE");
    try {
      const startedAt = performance.now();
      const response = await receive(signed(event));
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("30");
      expect(performance.now() - startedAt).toBeLessThan(6_000);
    } finally {
      await lock.query("ROLLBACK");
      lock.release();
    }
    expect((await receive(signed(event))).status).toBe(200);
    await eventually("one row", async () => (await stored(event.id)).length === 1);
  });

  test("is answered 503 when the insert fails", async () => {
    await backend.rows("ALTER TABLE webhook_event RENAME TO webhook_event_away");
    try {
      const response = await receive(signed(newEvent()));
      expect(response.status).toBe(503);
      expect(await response.text()).toBe("");
    } finally {
      await backend.rows("ALTER TABLE webhook_event_away RENAME TO webhook_event");
    }
  });
});

describe("the mail vendor's events", () => {
  test("are stored under the id of the delivery, and once", async () => {
    const { enqueueMail } = await import("@/lib/outbox/enqueue");
    const { db } = await import("@/lib/db/client");
    const viewer = await newViewer();
    const mail = { from: "A <a@example.com>", to: viewer.email, subject: "S", html: "<p>h</p>", text: "t" };
    await enqueueMail(db(), { businessKey: `test:${randomUUID()}`, mail: { ...mail, category: "welcome" } });
    await pump.run();
    const delivery = await eventually("the mail's webhook", async () =>
      backend.deliveries.find(({ vendor, body }) => vendor === "resend" && body.includes(viewer.email)),
    );
    const post = () =>
      receiveWebhook(
        new Request("http://localhost/api/webhooks/resend", {
          method: "POST",
          headers: delivery.headers,
          body: delivery.body,
        }),
        email().id,
        email().verifyWebhook,
        emailEventRowOf(email()),
        onPending,
      );
    expect([(await post()).status, (await post()).status]).toEqual([200, 200]);
    const rows = await backend.rows("SELECT status FROM webhook_event WHERE external_id = $1", [
      delivery.headers["svix-id"],
    ]);
    expect(rows).toEqual([{ status: "PENDING" }]);
    expect(RESEND_WEBHOOK_SECRET).not.toBe(STRIPE_WEBHOOK_SECRET);
  });
});

describe("several events in one request", () => {
  const key = createPrivateKey({
    key: Buffer.from(SENDGRID_PRIVATE_KEY, "base64"),
    format: "der",
    type: "pkcs8",
  });
  const report = (changes: object = {}) => ({
    event: "delivered",
    sg_event_id: randomUUID(),
    sg_message_id: "14c5d75ce93.filter0001",
    timestamp: Math.floor(Date.now() / 1000),
    email: "ann@example.com",
    ...changes,
  });
  const post = (events: object[]) => {
    const provider = emailProvider("sendgrid");
    const body = JSON.stringify(events);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = sign("sha256", Buffer.from(timestamp + body), key).toString("base64");
    const request = new Request("http://localhost/api/webhooks/sendgrid", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-twilio-email-event-webhook-timestamp": timestamp,
        "x-twilio-email-event-webhook-signature": signature,
      },
      body,
    });
    return receiveWebhook(request, provider.id, provider.verifyWebhook, emailEventRowOf(provider), onPending);
  };
  const storedEvents = () =>
    backend.rows<{ type: string; status: string; objectId: string | null; payload: object }>(
      `SELECT type, status, object_id AS "objectId", payload FROM webhook_event
        WHERE provider = 'sendgrid' ORDER BY type`,
    );
  afterEach(() => backend.rows("DELETE FROM webhook_event WHERE provider = 'sendgrid'"));

  test("are all stored, each as what it is, and the pump is told once", async () => {
    onPending.mockClear();
    const outboxId = randomUUID();
    const events = [
      report({ event: "bounce", outbox_id: outboxId, sg_message_id: undefined }),
      report(),
      report({ event: "open" }),
    ];
    expect((await post(events)).status).toBe(200);
    expect(await storedEvents()).toEqual([
      {
        type: "bounce",
        status: "PENDING",
        objectId: outboxId,
        payload: JSON.parse(JSON.stringify(events[0])),
      },
      { type: "delivered", status: "PENDING", objectId: "14c5d75ce93", payload: events[1] },
      { type: "open", status: "IGNORED", objectId: "14c5d75ce93", payload: events[2] },
    ]);
    expect(onPending).toHaveBeenCalledOnce();
  });

  test("are stored once, however often they come, also within one request", async () => {
    const [one, other] = [report(), report({ event: "open" })];
    for (const events of [[one, one, other], [other, one], [one]])
      expect((await post(events)).status).toBe(200);
    expect((await storedEvents()).map(({ type }) => type)).toEqual(["delivered", "open"]);
  });

  test("are as many as fit into a request", async () => {
    const events = Array.from({ length: 2_000 }, () => report());
    expect((await post(events)).status).toBe(200);
    expect(await storedEvents()).toHaveLength(2_000);
  });

  test("are stored all or none: the vendor sends all of them again", async () => {
    onPending.mockClear();
    // A NUL in a text column, which the database refuses.
    const response = await post([report(), report({ event: "open\u0000" })]);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("30");
    expect(await storedEvents()).toEqual([]);
    expect(onPending).not.toHaveBeenCalled();
  });
});
