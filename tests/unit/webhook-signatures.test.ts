/** Guards the signature headers' grammar; what a signature means is in the contracts. */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import fc from "fast-check";
import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { verifyResendWebhook } from "@/lib/integrations/email/resend/webhook";
import { publicKeysOf, verifySendGridWebhook } from "@/lib/integrations/email/sendgrid/webhook";
import { verifyStripeWebhook } from "@/lib/integrations/payments/stripe/webhook";

const NOW = new Date("2026-11-22T12:00:00Z");
const SECONDS = NOW.getTime() / 1000;
const SECRET = "whsec_Y3VycmVudA==";
const OTHER = "whsec_b3RoZXI=";
const BODY = JSON.stringify({
  id: "evt_1",
  object: "event",
  api_version: Stripe.API_VERSION,
  created: SECONDS,
  livemode: false,
  type: "invoice.paid",
  data: { object: { id: "in_1" } },
});

const v1 = (secret: string, timestamp = SECONDS, body = BODY) =>
  createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
const stripe = (header: string, body: Buffer = Buffer.from(BODY), secrets: readonly string[] = [SECRET]) =>
  verifyStripeWebhook({
    body,
    headers: new Headers({ "stripe-signature": header }),
    now: NOW,
    secrets,
    mode: "test",
  });

describe("Stripe's signature", () => {
  test("is one of several in a header, while a secret rolls", () => {
    expect(stripe(`t=${SECONDS},v1=${v1(OTHER)},v1=${v1(SECRET)}`)).toMatchObject({ kind: "verified" });
    expect(stripe(`t=${SECONDS},v1=${v1(SECRET)},v1=${v1(OTHER)}`)).toMatchObject({ kind: "verified" });
    expect(stripe(`t=${SECONDS},v1=${v1(OTHER)},v1=${v1("whsec_third")}`)).toMatchObject({ kind: "invalid" });
  });

  test("is of any of our secrets", () => {
    const header = `t=${SECONDS},v1=${v1(OTHER)}`;
    expect(stripe(header, Buffer.from(BODY), [SECRET, OTHER])).toMatchObject({ kind: "verified" });
  });

  // The one that is checked and the one that is signed could be two: an old webhook would pass for ever.
  test.each([
    (now: number, old: number) => `t=${now},t=${old},v1=${v1(SECRET, old)}`,
    (now: number, old: number) => `t=${old},t=${now},v1=${v1(SECRET, old)}`,
    (now: number, old: number) => `t=${now}, t=${old},v1=${v1(SECRET, old)}`,
    (now: number, old: number) => `t=${old},v1=${v1(SECRET, old)},t=${now}`,
    (now: number, old: number) => `v1=${v1(SECRET, old)},xt=${now},t=${old}`,
    (now: number, old: number) => `T=${now},t=${old},v1=${v1(SECRET, old)}`,
  ])("of long ago does not pass under a second, newer time", (header) => {
    expect(stripe(header(SECONDS, SECONDS - 10_000))).toMatchObject({ kind: "invalid" });
  });

  test.each([-300, 300])("may be exactly %i s off", (offset) => {
    const at = SECONDS + offset;
    expect(stripe(`t=${at},v1=${v1(SECRET, at)}`)).toMatchObject({ kind: "verified" });
  });

  test("is not there in anything that somebody makes up", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."tv10=,;: abcdef.-".split("")), maxLength: 60 }),
        (header) => {
          expect(stripe(header)).toMatchObject({ kind: "invalid" });
        },
      ),
    );
  });

  test("says which object, of which account and mode, and nothing that it does not say", () => {
    const event = { ...JSON.parse(BODY), account: "acct_1", livemode: true };
    const body = Buffer.from(JSON.stringify(event));
    const header = `t=${SECONDS},v1=${v1(SECRET, SECONDS, body.toString())}`;
    expect(stripe(header, body)).toMatchObject({
      kind: "verified",
      events: [{ account: "acct_1", mode: "live", objectId: "in_1", occurredAt: NOW }],
    });
  });
});

const svix = (id: string, timestamp: number, secret = SECRET) =>
  `v1,${createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"))
    .update(`${id}.${timestamp}.${MAIL}`)
    .digest("base64")}`;
const MAIL = JSON.stringify({ type: "email.sent", created_at: NOW.toISOString(), data: { email_id: "m1" } });
const resend = (headers: Record<string, string>, secrets: readonly string[] = [SECRET]) =>
  verifyResendWebhook({ body: Buffer.from(MAIL), headers: new Headers(headers), now: NOW, secrets });
const signedHeaders = (changes: object = {}): Record<string, string> => ({
  "svix-id": "msg_1",
  "svix-timestamp": String(SECONDS),
  "svix-signature": svix("msg_1", SECONDS),
  ...changes,
});

describe("Resend's signature", () => {
  test("is one of several in a header, of any of our secrets", () => {
    expect(resend(signedHeaders())).toMatchObject({ kind: "verified", events: [{ externalId: "msg_1" }] });
    const both = `${svix("msg_1", SECONDS, OTHER)} ${svix("msg_1", SECONDS)}`;
    expect(resend(signedHeaders({ "svix-signature": both }))).toMatchObject({ kind: "verified" });
    const other = { "svix-signature": svix("msg_1", SECONDS, OTHER) };
    expect(resend(signedHeaders(other), [SECRET, OTHER])).toMatchObject({ kind: "verified" });
    expect(resend(signedHeaders(other))).toMatchObject({ kind: "invalid" });
  });

  test.each([
    { "svix-id": "" },
    { "svix-timestamp": "" },
    { "svix-timestamp": "soon" },
    { "svix-timestamp": "-1" },
    { "svix-timestamp": "1e9" },
    { "svix-timestamp": "99999999999999999999" },
    { "svix-signature": "" },
    { "svix-signature": "v1," },
    { "svix-signature": svix("msg_1", SECONDS).replace("v1,", "v2,") },
    { "svix-signature": svix("msg_1", SECONDS).slice(0, -2) },
  ])("is not there with %o", (changes) => {
    expect(resend(signedHeaders(changes))).toEqual({ kind: "invalid", reason: "signature" });
  });

  test("is not there in anything that somebody makes up", () => {
    const text = fc.string({ unit: "grapheme-ascii", maxLength: 40 });
    fc.assert(
      fc.property(text, text, text, (id, timestamp, signature) => {
        const made = { "svix-id": id, "svix-timestamp": timestamp, "svix-signature": signature };
        expect(resend(made)).toMatchObject({ kind: "invalid" });
      }),
    );
  });

  test("cannot be judged by a secret that is none, and does not throw", () => {
    const mistyped = "whsec_not base64 at all!";
    expect(resend(signedHeaders(), [mistyped])).toEqual({ kind: "unconfigured" });
    expect(resend(signedHeaders(), [mistyped, SECRET])).toMatchObject({ kind: "verified" });
  });
});

const pair = () => generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const base64Of = (key: KeyObject) => key.export({ format: "der", type: "spki" }).toString("base64");
const [ours, previous, foreign] = [pair(), pair(), pair()];
const KEYS = publicKeysOf([base64Of(ours.publicKey), base64Of(previous.publicKey)]);
const KEY_OF_MAIL = "0192f0c1-0000-7000-8000-000000000001";
const report = (changes: object = {}) => ({
  email: "ann@example.com",
  timestamp: SECONDS,
  event: "delivered",
  sg_event_id: "event_1",
  sg_message_id: "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
  outbox_id: KEY_OF_MAIL,
  ...changes,
});
const sendGridHeaders = (body: string, key = ours.privateKey, timestamp = String(SECONDS)) => ({
  "x-twilio-email-event-webhook-timestamp": timestamp,
  "x-twilio-email-event-webhook-signature": sign("sha256", Buffer.from(timestamp + body), key).toString(
    "base64",
  ),
});
const sendGrid = (
  body: string,
  headers: Record<string, string> = sendGridHeaders(body),
  publicKeys: readonly KeyObject[] = KEYS,
) => verifySendGridWebhook({ body: Buffer.from(body), headers: new Headers(headers), now: NOW, publicKeys });
const BATCH = JSON.stringify([report(), report({ sg_event_id: "event_2", event: "open" })]);

describe("SendGrid's signature", () => {
  // The vendor's own published example, of its libraries' tests: it says that we read its keys as it writes them.
  test("of the vendor's own example is verified", () => {
    const key =
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
    const signature =
      "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=";
    const body = Buffer.from(
      '[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n',
    );
    const verified = verifySendGridWebhook({
      body,
      headers: new Headers({
        "x-twilio-email-event-webhook-timestamp": "1600112502",
        "x-twilio-email-event-webhook-signature": signature,
      }),
      now: new Date(1_600_112_502_000),
      publicKeys: publicKeysOf([key]),
    });
    expect(verified).toMatchObject({
      kind: "verified",
      events: [{ type: "dropped", messageId: "LRzXl_NHStOGhQ4kofSm_A", key: null }],
    });
  });

  test("covers every event of a request, each of which names its mail by both ids", () => {
    const verified = sendGrid(BATCH);
    expect(verified).toMatchObject({
      kind: "verified",
      events: [
        {
          externalId: "event_1",
          type: "delivered",
          messageId: "14c5d75ce93",
          key: KEY_OF_MAIL,
          occurredAt: NOW,
        },
        { externalId: "event_2", type: "open" },
      ],
    });
    if (verified.kind !== "verified") throw new Error("verified above");
    expect(JSON.parse(verified.events[1]?.payload ?? "")).toMatchObject({ sg_event_id: "event_2" });
  });

  test("may be about a mail without the vendor's id, as of a bounce that came late, or about none", () => {
    const body = JSON.stringify([
      report({ sg_message_id: undefined }),
      report({ outbox_id: undefined, sg_message_id: undefined, timestamp: SECONDS + 0.25 }),
    ]);
    expect(sendGrid(body)).toMatchObject({
      events: [
        { messageId: null, key: KEY_OF_MAIL },
        { messageId: null, key: null },
      ],
    });
  });

  test("is of any of our keys, and of nobody else's", () => {
    expect(sendGrid(BATCH, sendGridHeaders(BATCH, previous.privateKey))).toMatchObject({ kind: "verified" });
    expect(sendGrid(BATCH, sendGridHeaders(BATCH, foreign.privateKey))).toEqual({
      kind: "invalid",
      reason: "signature",
    });
  });

  test.each([-300, 300])("may be exactly %i s off", (offset) => {
    const headers = sendGridHeaders(BATCH, ours.privateKey, String(SECONDS + offset));
    expect(sendGrid(BATCH, headers)).toMatchObject({ kind: "verified" });
  });

  test.each([-301, 301, -86_400])("of %i s ago or to come is too old or too new", (offset) => {
    const headers = sendGridHeaders(BATCH, ours.privateKey, String(SECONDS + offset));
    expect(sendGrid(BATCH, headers)).toEqual({ kind: "invalid", reason: "timestamp" });
  });

  test.each(["", "soon", "-1", "1e9", "0x10", " ", `${SECONDS}.0`, "9".repeat(20)])(
    "over the time %j counts for nothing, although it is signed",
    (timestamp) => {
      const headers = sendGridHeaders(BATCH, ours.privateKey, timestamp);
      expect(sendGrid(BATCH, headers)).toEqual({ kind: "invalid", reason: "signature" });
    },
  );

  test("is over the bytes: a space more, and it is another", () => {
    expect(sendGrid(`${BATCH} `, sendGridHeaders(BATCH))).toEqual({ kind: "invalid", reason: "signature" });
  });

  test("is not there in anything that somebody makes up, and does not throw", () => {
    const text = fc.string({ unit: "grapheme-ascii", maxLength: 40 });
    fc.assert(
      fc.property(text, fc.oneof(text, fc.base64String()), (timestamp, signature) => {
        const made = {
          "x-twilio-email-event-webhook-timestamp": timestamp,
          "x-twilio-email-event-webhook-signature": signature,
        };
        expect(sendGrid(BATCH, made)).toEqual({ kind: "invalid", reason: "signature" });
      }),
    );
    expect(sendGrid(BATCH, {})).toEqual({ kind: "invalid", reason: "signature" });
  });

  test.each([
    "",
    "null",
    "{}",
    "[]",
    "[1]",
    JSON.stringify(report()),
    JSON.stringify([report({ sg_event_id: "" })]),
    JSON.stringify([report({ timestamp: "now" })]),
    JSON.stringify([report({ timestamp: 1e300 })]),
    JSON.stringify([report(), report({ event: 1 })]),
  ])("around %j is refused, all of it", (body) => {
    expect(sendGrid(body)).toEqual({ kind: "invalid", reason: "body" });
  });

  test("cannot be judged by a key that is none, or of another kind", () => {
    const others = [
      "",
      "not base64 at all!",
      base64Of(generateKeyPairSync("ec", { namedCurve: "secp384r1" }).publicKey),
      base64Of(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey),
      base64Of(generateKeyPairSync("ed25519").publicKey),
    ];
    expect(publicKeysOf(others)).toEqual([]);
    expect(sendGrid(BATCH, sendGridHeaders(BATCH), publicKeysOf(others))).toEqual({ kind: "unconfigured" });
    const mixed = publicKeysOf([...others, base64Of(ours.publicKey)]);
    expect(sendGrid(BATCH, sendGridHeaders(BATCH), mixed)).toMatchObject({ kind: "verified" });
  });
});
