/** What every `EmailProvider` must do; run against each adapter. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { EmailMessage, EmailProvider } from "@/lib/integrations/email/port";
import {
  expectFaultMapped,
  expectPlainWords,
  VENDOR_FAULTS,
  type VendorFault,
} from "@/tests/support/vendor-faults";

export interface ArrivedMail {
  id: string;
  from: string;
  subject: string;
  html: string | null;
  text: string | null;
  category: string | undefined;
}

export interface EmailVendor {
  provider: EmailProvider;
  badCredentials: EmailProvider;
  withoutWebhookSecret: EmailProvider;
  fail(fault: VendorFault): Promise<void>;
  /** The next mail is taken, and the answer lost. */
  loseNextAnswer(): Promise<void>;
  heal(): Promise<void>;
  /** What has arrived at an address, the newest first. */
  arrived(to: string): Promise<ArrivedMail[]>;
  /** The webhook that reports a mail to an address as sent. */
  deliveredWebhook(to: string): Promise<{ headers: Headers; body: Buffer }>;
  resign(body: Buffer, secret: "previous" | "foreign", at: Date): Headers;
  stop(): Promise<void>;
}

export function describeEmail(name: string, start: () => Promise<EmailVendor>): void {
  describe(`email: ${name}`, () => {
    let vendor: EmailVendor;
    const get = () => vendor;
    beforeAll(async () => {
      vendor = await start();
    });
    afterEach(() => vendor.heal());
    afterAll(() => vendor?.stop());

    describeSending(get);
    describeWebhooks(get);
    describeFailures(get);
  });
}

type Get = () => EmailVendor;

function newMessage(changes: Partial<EmailMessage> = {}): EmailMessage {
  return {
    from: "Breakwater <hello@breakwater.example>",
    to: `${randomUUID()}@example.com`,
    subject: "Ünïcode & <markup> 🌊",
    html: "<p>Wörds &amp; <b>more</b></p>",
    text: "Wörds & more",
    category: "welcome",
    ...changes,
  };
}

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

function describeSending(get: Get) {
  describe("a mail", () => {
    test("arrives as it was written", async () => {
      const message = newMessage();
      const { messageId } = await get().provider.send(message, { idempotencyKey: randomUUID() });
      const { to, ...rest } = message;
      expect(await get().arrived(to)).toEqual([{ id: messageId, ...rest }]);
    });

    test("is sent once under one key, however often and at once", async () => {
      const message = newMessage();
      const options = { idempotencyKey: randomUUID() };
      const first = await get().provider.send(message, options);
      expect(await get().provider.send(message, options)).toEqual(first);
      expect(await get().arrived(message.to)).toHaveLength(1);

      const race = newMessage();
      const key = { idempotencyKey: randomUUID() };
      const outcomes = await Promise.allSettled(
        Array.from({ length: 5 }, () => get().provider.send(race, key)),
      );
      // Who meets one that is under way may be told to come again; nobody is told that it cannot be done.
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") {
          expect(outcome.reason).toMatchObject({ kind: "conflict", retryable: true });
        }
      }
      expect(await get().arrived(race.to)).toHaveLength(1);
    });

    test("is sent again under another key", async () => {
      const message = newMessage();
      await get().provider.send(message, { idempotencyKey: randomUUID() });
      await get().provider.send(message, { idempotencyKey: randomUUID() });
      expect(await get().arrived(message.to)).toHaveLength(2);
    });

    test("with other words under a used key is refused for good", async () => {
      const options = { idempotencyKey: randomUUID() };
      const message = newMessage();
      await get().provider.send(message, options);
      await expect(get().provider.send({ ...message, subject: "Another" }, options)).rejects.toMatchObject({
        kind: "invalid_request",
        retryable: false,
      });
    });

    test("whose answer was lost is not sent twice by trying again", async () => {
      const options = { idempotencyKey: randomUUID() };
      const message = newMessage();
      await get().loseNextAnswer();
      await expect(get().provider.send(message, options)).rejects.toMatchObject({ name: "IntegrationError" });
      await get().provider.send(message, options);
      expect(await get().arrived(message.to)).toHaveLength(1);
    });

    test("to something that is no address is refused for good", async () => {
      const error = await failureOf(
        get().provider.send(newMessage({ to: "nobody" }), { idempotencyKey: randomUUID() }),
      );
      expect(error).toMatchObject({ kind: "invalid_request", retryable: false });
      expectPlainWords(error);
    });
  });
}

function describeWebhooks(get: Get) {
  describe("a webhook", () => {
    const to = `${randomUUID()}@example.com`;
    let messageId: string;
    let headers: Headers;
    let body: Buffer;
    const verify = (
      changes: { body?: Buffer; headers?: Headers; provider?: EmailProvider; now?: Date } = {},
    ) => (changes.provider ?? get().provider).verifyWebhook({ body, headers, now: new Date(), ...changes });

    beforeAll(async () => {
      ({ messageId } = await get().provider.send(newMessage({ to }), { idempotencyKey: randomUUID() }));
      ({ headers, body } = await get().deliveredWebhook(to));
    });

    test("is verified, and names the mail that it is about", () => {
      const verification = verify();
      expect(verification).toMatchObject({
        kind: "verified",
        event: { messageId, payload: body.toString("utf8"), externalId: expect.any(String) },
      });
    });

    test("is verified under the previous secret too, and under nobody else's", () => {
      expect(verify({ headers: get().resign(body, "previous", new Date()) })).toMatchObject({
        kind: "verified",
      });
      const invalid = { kind: "invalid", reason: "signature" };
      expect(verify({ headers: get().resign(body, "foreign", new Date()) })).toEqual(invalid);
      expect(verify({ headers: new Headers() })).toEqual(invalid);
    });

    test("is refused when a single byte differs, of the body or of its id", () => {
      const changed = Buffer.from(body);
      changed[changed.length - 3] = (changed[changed.length - 3] ?? 0) ^ 1;
      expect(verify({ body: changed })).toEqual({ kind: "invalid", reason: "signature" });
      // The id is what makes a second delivery a second delivery: it is signed too.
      const renamed = new Headers(headers);
      for (const [name, value] of headers) if (/-id$/.test(name)) renamed.set(name, `${value}x`);
      expect(verify({ headers: renamed })).toEqual({ kind: "invalid", reason: "signature" });
    });

    test.each([-301, 301])("is refused when its time is %i s off", (seconds) => {
      const at = new Date(Date.now() + seconds * 1000);
      expect(verify({ headers: get().resign(body, "previous", at) })).toEqual({
        kind: "invalid",
        reason: "timestamp",
      });
    });

    test("cannot be judged while no secret is set", () => {
      expect(verify({ provider: get().withoutWebhookSecret })).toEqual({ kind: "unconfigured" });
    });

    test.each(["", "null", "[]", "{}", "{", '"x"', '{"type":1,"created_at":2,"data":3}'])(
      "signed around %j is refused without a word",
      (text) => {
        const other = Buffer.from(text);
        const signature = get().resign(other, "previous", new Date());
        expect(verify({ body: other, headers: signature })).toEqual({ kind: "invalid", reason: "body" });
      },
    );
  });
}

function describeFailures(get: Get) {
  describe("a vendor that fails", () => {
    test.each(VENDOR_FAULTS)("with %s", async (fault) => {
      await get().fail(fault);
      await expectFaultMapped(fault, () =>
        get().provider.send(newMessage(), { idempotencyKey: randomUUID() }),
      );
    });

    test("for the credentials says so, and that trying again cannot help", async () => {
      const error = await failureOf(
        get().badCredentials.send(newMessage(), { idempotencyKey: randomUUID() }),
      );
      expect(error).toMatchObject({ kind: "credentials_rejected", retryable: false });
      expectPlainWords(error);
    });
  });
}
