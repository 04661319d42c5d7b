/** Guards the signature headers' grammar; what a signature means is in the contracts. */
import { createHmac } from "node:crypto";
import fc from "fast-check";
import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { verifyResendWebhook } from "@/lib/integrations/email/resend/webhook";
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
      event: { account: "acct_1", mode: "live", objectId: "in_1", occurredAt: NOW },
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
    expect(resend(signedHeaders())).toMatchObject({ kind: "verified", event: { externalId: "msg_1" } });
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
