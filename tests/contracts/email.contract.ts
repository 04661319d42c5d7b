/** What every `EmailProvider` must do; run against each adapter. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { EmailMessage, EmailProvider } from "@/lib/integrations/email/port";
import { eventually } from "@/tests/support/poll";
import { expectPlainWords } from "@/tests/support/vendor-faults";

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
  /** One whose circuits are open, and due to be probed. */
  withOpenCircuits(): Promise<EmailProvider>;
  /** Every call is answered 503. */
  fail(): Promise<void>;
  /** The next mail is taken, and the answer lost. */
  loseNextAnswer(): Promise<void>;
  heal(): Promise<void>;
  /** How many calls the vendor has had. */
  calls(): Promise<number>;
  /** What has arrived at an address, the newest first. */
  arrived(to: string): Promise<ArrivedMail[]>;
  /** Of the newest one: the headers that it was given, and what the vendor says became of it. */
  newest(to: string): Promise<{ headers: Record<string, string>; state: string }>;
  /** Lets a mail come back, or be called spam. */
  letHappen(messageId: string, what: "bounced" | "complained"): Promise<void>;
  /** The webhook that reports a mail to an address as sent. */
  deliveredWebhook(to: string): Promise<{ headers: Headers; body: Buffer }>;
  resign(body: Buffer, secret: "previous" | "foreign", at: Date): Headers;
  /** What the signature covers beside the body. */
  signedHeaders: readonly string[];
  stop(): Promise<void>;
}

export function describeEmail(
  name: string,
  deduplication: EmailProvider["deduplication"],
  start: () => Promise<EmailVendor>,
): void {
  describe(`email: ${name}`, () => {
    let vendor: EmailVendor;
    const get = () => vendor;
    beforeAll(async () => {
      vendor = await start();
    });
    afterEach(() => vendor.heal());
    afterAll(() => vendor?.stop());

    describeSending(get);
    describeSuppressions(get);
    if (deduplication === "idempotency-key") describeKeys(get);
    describeLookUp(get);
    describeProbes(get);
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

    test("carries the headers that it is given", async () => {
      const headers = {
        "List-Unsubscribe": "<https://app.example.com/api/unsubscribe?token=abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      };
      const message = newMessage({ headers });
      await get().provider.send(message, { idempotencyKey: randomUUID() });
      expect((await get().newest(message.to)).headers).toEqual(headers);
    });

    test("to something that is no address is refused for good, and was not sent", async () => {
      const error = await failureOf(
        get().provider.send(newMessage({ to: "nobody" }), { idempotencyKey: randomUUID() }),
      );
      expect(error).toMatchObject({ kind: "invalid_request", retryable: false, mayHaveTakenEffect: false });
      expectPlainWords(error);
    });

    test("whose answer was lost may have been sent, and says so", async () => {
      await get().loseNextAnswer();
      await expect(get().provider.send(newMessage(), { idempotencyKey: randomUUID() })).rejects.toMatchObject(
        {
          name: "IntegrationError",
          mayHaveTakenEffect: true,
        },
      );
    });

    test("is sent in the mode, and under the key, that the provider says of itself", () => {
      const { id, configuration } = get().provider;
      expect(configuration).toMatchObject({ provider: id, mode: "sandbox" });
      expect(configuration.keyFingerprint).toMatch(/^[0-9a-f]{8}$/);
      expect(get().badCredentials.configuration.keyFingerprint).not.toBe(configuration.keyFingerprint);
    });
  });
}

function describeSuppressions(get: Get) {
  const send = (to: string) => get().provider.send(newMessage({ to }), { idempotencyKey: randomUUID() });
  const becomes = (to: string, wanted: string) =>
    eventually(`the mail to be ${wanted}`, async () => (await get().newest(to)).state === wanted);

  describe("an address that the vendor writes to no more", () => {
    test.each(["bounced", "complained"] as const)(
      "because a mail %s is taken off its list, and gets mail again",
      async (what) => {
        const to = `${randomUUID()}@example.com`;
        const { messageId } = await send(to);
        await becomes(to, "delivered");
        await get().letHappen(messageId, what);
        await send(to);
        await becomes(to, "suppressed");

        expect(await get().provider.removeSuppression(to)).toBe("removed");
        await send(to);
        await becomes(to, "delivered");
        expect(await get().provider.removeSuppression(to)).toBe("not_listed");
      },
    );

    test("stays where it is while the vendor cannot be told", async () => {
      await get().fail();
      const error = await failureOf(get().provider.removeSuppression("ann@example.com"));
      expect(error).toMatchObject({ kind: "unavailable" });
      expectPlainWords(error);
    });
  });
}

/** What keeps a mail from being sent twice where the vendor knows its key. */
function describeKeys(get: Get) {
  describe("a mail that comes again", () => {
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

    test("because its answer was lost is not sent twice", async () => {
      const options = { idempotencyKey: randomUUID() };
      const message = newMessage();
      await get().loseNextAnswer();
      await expect(get().provider.send(message, options)).rejects.toMatchObject({ name: "IntegrationError" });
      await get().provider.send(message, options);
      expect(await get().arrived(message.to)).toHaveLength(1);
    });
  });
}

/** What keeps it from being sent twice where the vendor knows no keys, or knows this one no more: it can be asked. */
function describeLookUp(get: Get) {
  const since = new Date();

  describe("a mail that may have been sent", () => {
    test("is found by its key where it was taken, and only there", async () => {
      const [key, message] = [randomUUID(), newMessage()];
      const { messageId } = await get().provider.send(message, { idempotencyKey: key });
      const { to } = message;
      expect(await get().provider.findSent({ key, to, since })).toEqual({ kind: "found", messageId });
      expect(await get().provider.findSent({ key: randomUUID(), to, since })).toEqual({ kind: "not_found" });
    });

    test("is found although its answer was lost", async () => {
      const [key, message] = [randomUUID(), newMessage()];
      await get().loseNextAnswer();
      await failureOf(get().provider.send(message, { idempotencyKey: key }));
      const [arrived] = await get().arrived(message.to);
      const found = await get().provider.findSent({ key, to: message.to, since });
      expect(found).toEqual({ kind: "found", messageId: arrived?.id });
    });

    test("is not taken for unsent while the vendor cannot be asked", async () => {
      await get().fail();
      const sought = { key: randomUUID(), to: "ann@example.com", since };
      await expect(get().provider.findSent(sought)).rejects.toMatchObject({ kind: "unavailable" });
    });
  });
}

function describeProbes(get: Get) {
  describe("a probe", () => {
    test.each(["read", "write"] as const)("of a closed %s circuit asks nothing", async (circuit) => {
      const before = await get().calls();
      expect(await get().provider.probe(circuit)).toBe(false);
      expect(await get().calls()).toBe(before);
    });

    test.each(["read", "write"] as const)("closes an open %s circuit, and sends nothing", async (circuit) => {
      const provider = await get().withOpenCircuits();
      const before = await get().calls();
      expect(await provider.probe(circuit)).toBe(true);
      expect(await get().calls()).toBe(before + 1);
      expect(await provider.probe(circuit)).toBe(false);
    });

    test("that meets an outage leaves the circuit as it is", async () => {
      const provider = await get().withOpenCircuits();
      await get().fail();
      await expect(provider.probe("write")).rejects.toMatchObject({ kind: "unavailable" });
      await get().heal();
      expect(await provider.probe("write")).toBe(true);
    });
  });
}

function describeWebhooks(get: Get) {
  describe("a webhook", () => {
    const to = `${randomUUID()}@example.com`;
    const key = randomUUID();
    let messageId: string;
    let headers: Headers;
    let body: Buffer;
    const verify = (
      changes: { body?: Buffer; headers?: Headers; provider?: EmailProvider; now?: Date } = {},
    ) => (changes.provider ?? get().provider).verifyWebhook({ body, headers, now: new Date(), ...changes });

    beforeAll(async () => {
      ({ messageId } = await get().provider.send(newMessage({ to }), { idempotencyKey: key }));
      ({ headers, body } = await get().deliveredWebhook(to));
    });

    test("is verified, and names the mail that it is about", () => {
      const verification = verify();
      if (verification.kind !== "verified") throw new Error(`is ${verification.kind}`);
      const [event, ...others] = verification.events;
      expect(others).toEqual([]);
      expect(event).toMatchObject({ messageId, externalId: expect.stringMatching(/./) });
      expect([key, null]).toContain(event?.key);
      expect(JSON.stringify(JSON.parse(event?.payload ?? ""))).toContain(to);
    });

    test("is verified under the previous secret too, and under nobody else's", () => {
      expect(verify({ headers: get().resign(body, "previous", new Date()) })).toMatchObject({
        kind: "verified",
      });
      const invalid = { kind: "invalid", reason: "signature" };
      expect(verify({ headers: get().resign(body, "foreign", new Date()) })).toEqual(invalid);
      expect(verify({ headers: new Headers() })).toEqual(invalid);
    });

    test("is refused when a single byte differs, of the body or of what is signed beside it", () => {
      const changed = Buffer.from(body);
      changed[changed.length - 3] = (changed[changed.length - 3] ?? 0) ^ 1;
      expect(verify({ body: changed })).toEqual({ kind: "invalid", reason: "signature" });
      for (const name of get().signedHeaders) {
        const renamed = new Headers(headers);
        renamed.set(name, `${headers.get(name)}1`);
        expect(verify({ headers: renamed }), name).toEqual({ kind: "invalid", reason: "signature" });
      }
    });

    test.each([-301, 301])("is refused when its time is %i s off", (seconds) => {
      // On the second, as the vendors tell the time: or a part of one would be lost on the way.
      const now = new Date(Math.floor(Date.now() / 1000) * 1000);
      const at = new Date(now.getTime() + seconds * 1000);
      expect(verify({ headers: get().resign(body, "previous", at), now })).toEqual({
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
    test("for the credentials says so, and that trying again cannot help", async () => {
      const error = await failureOf(
        get().badCredentials.send(newMessage(), { idempotencyKey: randomUUID() }),
      );
      expect(error).toMatchObject({ kind: "credentials_rejected", retryable: false });
      expectPlainWords(error);
    });
  });
}
