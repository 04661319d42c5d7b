/**
 * Guards that two mail vendors are never two mails: whatever fails, at whichever of them, a mail arrives once, or it is
 * said that it may have been sent. What has arrived is counted at the vendors.
 */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { openCircuit, resetCircuits } from "@/tests/support/circuits";
import { eventually } from "@/tests/support/poll";
import { runBatch } from "@/tests/support/run-batch";

const backend = await startBackend({ EMAIL_PROVIDER: "resend", EMAIL_FALLBACK_PROVIDER: "sendgrid" });
const { db } = await import("@/lib/db/client");
const { bindOutboxMessage, claimOutboxMessages } = await import("@/lib/db/outbox");
const { email, emailFallback, emailProvider } = await import("@/lib/integrations/email");
const { enqueueAuthMail } = await import("@/lib/outbox/auth-mail");
const { outboxSource } = await import("@/lib/outbox/deliver");
const { enqueueMail } = await import("@/lib/outbox/enqueue");
const { sendMail } = await import("@/lib/outbox/send-mail");
const { emailEventRowOf } = await import("@/lib/webhooks/email-event");
const { circuitBreakers } = await import("@/lib/compose");
const { pump } = await import("@/lib/webhooks/process");
const { receiveWebhook } = await import("@/lib/webhooks/receive");

const SENDS = { resend: "/emails", sendgrid: "/v3/mail/send" } as const;
type Vendor = keyof typeof SENDS;

let callsBefore = 0;
// A store whose first connection takes its time is left out of the first calls' decisions.
beforeAll(resetCircuits);
beforeEach(async () => {
  callsBefore = (await backend.vendorCalls()).length;
});
afterEach(async () => {
  await backend.clearFaults();
  await resetCircuits();
  await backend.rows("DELETE FROM outbox_message");
  await backend.rows("DELETE FROM webhook_event");
});
afterAll(() => backend.stop());

const address = () => `${randomUUID()}@example.com`;
const mailTo = (to: string) => ({
  from: "Breakwater <hello@breakwater.example>",
  to,
  subject: "A subject",
  html: "<p>Some words</p>",
  text: "Some words",
  category: "welcome" as const,
});

async function enqueue(to = address()): Promise<string> {
  await enqueueMail(db(), { businessKey: randomUUID(), mail: mailTo(to) });
  return to;
}

/** One look at what is due, as each process takes it. */
const work = () => runBatch(outboxSource);

/** Until everything is sent, or waits for longer than a moment. */
const workOff = () =>
  eventually("what is due to be done", async () => {
    await work();
    return (await rows()).every(({ status, waitMs }) => status !== "PENDING" || waitMs > 5_000);
  });

interface Row {
  id: string;
  status: string;
  attempts: number;
  provider: string | null;
  externalId: string | null;
  lastError: string | null;
  secretPayload: Buffer | null;
  waitMs: number;
}
const rows = () =>
  backend.rows<Row>(
    `SELECT id, status, attempts, provider, external_id AS "externalId", last_error AS "lastError",
            secret_payload AS "secretPayload", EXTRACT(EPOCH FROM next_attempt_at - now())::float * 1000 AS "waitMs"
       FROM outbox_message WHERE kind = 'EMAIL' ORDER BY created_at`,
  );
const makeDue = () =>
  backend.rows("UPDATE outbox_message SET next_attempt_at = now() WHERE status = 'PENDING'");
/** Due, and so much older; by default as old as it takes until the fallback surely knows what it has taken. */
async function passTime(by = "11 minutes") {
  await backend.rows(
    "UPDATE outbox_message SET created_at = created_at - $1::interval, bound_at = bound_at - $1::interval",
    [by],
  );
  await makeDue();
}

/** Calls of this test alone. */
const calls = async (vendor: Vendor, path: string = SENDS[vendor]) =>
  (await backend.vendorCalls())
    .slice(callsBefore)
    .filter((call) => call.vendor === vendor && call.path.startsWith(path));
/** Who has taken a mail to this address, as often as it was taken. */
const takenBy = async (to: string) => (await backend.mails(to)).map(({ provider }) => provider);

/** Takes the next mail, and loses the answer. */
const loseAnswerOf = (vendor: Vendor, times = 1) =>
  backend.addFault({ vendor, kind: "reset", phase: "body", route: `POST ${SENDS[vendor]}`, times });
/** Loses the next mail: from here it looks the same. */
const loseMailTo = (vendor: Vendor) =>
  backend.addFault({ vendor, kind: "reset", phase: "headers", route: `POST ${SENDS[vendor]}`, times: 1 });

describe("while the first provider works", () => {
  test("it takes every mail, and the fallback none", async () => {
    const people = [await enqueue(), await enqueue()];
    await work();
    expect(await rows()).toMatchObject([
      { status: "SENT", provider: "resend", attempts: 1 },
      { status: "SENT", provider: "resend", attempts: 1 },
    ]);
    for (const to of people) expect(await takenBy(to)).toEqual(["resend"]);
    expect(await calls("sendgrid", "/")).toEqual([]);
  });

  test("the fallback is another provider of the same mode", () => {
    expect([email().id, emailFallback()?.id]).toEqual(["resend", "sendgrid"]);
    expect(emailFallback()?.configuration.mode).toBe(email().configuration.mode);
  });

  test("a failure of its own is no reason to go elsewhere", async () => {
    await backend.addFault({ vendor: "resend", kind: "status", status: 503, times: 1 });
    const to = await enqueue();
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: "resend", attempts: 1 }]);
    expect(await calls("sendgrid", "/")).toEqual([]);
    await passTime();
    await work();
    expect(await takenBy(to)).toEqual(["resend"]);
  });
});

describe("while the first provider's breaker is open", () => {
  beforeEach(() => openCircuit("resend"));

  test("mails go to the fallback at once, under the same key", async () => {
    const to = await enqueue();
    await work();
    const [row] = await rows();
    const [mail] = await backend.mails(to);
    expect(row).toMatchObject({ status: "SENT", provider: "sendgrid", attempts: 1, externalId: mail?.id });
    expect(mail).toMatchObject({ provider: "sendgrid", tags: { outbox_id: row?.id } });
    expect(await calls("resend", "/")).toEqual([]);
  });

  test("and to the first one again as soon as it is closed", async () => {
    await resetCircuits();
    const to = await enqueue();
    await work();
    expect(await takenBy(to)).toEqual(["resend"]);
  });

  test("each mail goes once, however many processes deliver at a time", async () => {
    const people = await Promise.all(Array.from({ length: 30 }, () => enqueue()));
    for (let round = 0; round < 2; round += 1) await Promise.all([work(), work(), work(), work()]);
    for (const to of people) expect(await takenBy(to)).toEqual(["sendgrid"]);
    expect(await calls("sendgrid")).toHaveLength(30);
  });

  test("with the fallback's open too, mails wait for the first, and use up no attempt", async () => {
    await openCircuit("sendgrid");
    const to = await enqueue();
    await work();
    const [row] = await rows();
    expect(row).toMatchObject({ status: "PENDING", provider: null, attempts: 0 });
    expect(row?.lastError).toContain("resend emails.send: circuit_open");
    expect(row?.waitMs).toBeGreaterThan(20_000);
    expect(row?.waitMs).toBeLessThan(32_000);
    expect([...(await calls("resend", "/")), ...(await calls("sendgrid", "/"))]).toEqual([]);

    await resetCircuits();
    await passTime();
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", attempts: 1 }]);
    expect(await takenBy(to)).toEqual(["resend"]);
  });

  test("a mail that the fallback refuses is free again, for whoever works first", async () => {
    await backend.addFault({ vendor: "sendgrid", kind: "status", status: 429, retryAfterSeconds: 1 });
    const to = await enqueue();
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: null, attempts: 1 }]);
    await resetCircuits();
    await passTime();
    await work();
    expect(await takenBy(to)).toEqual(["resend"]);
  });
});

describe("a mail that the first provider may have taken", () => {
  test.each([
    ["it had, and its answer was lost", loseAnswerOf],
    ["it had not", loseMailTo],
  ])("never goes to the fallback, whatever happens: %s", async (_name, lose) => {
    await lose("resend");
    const to = await enqueue();
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: "resend", attempts: 1 }]);

    await openCircuit("resend");
    await passTime();
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: "resend", attempts: 1 }]);
    expect(await calls("sendgrid", "/")).toEqual([]);

    await resetCircuits();
    await passTime();
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", provider: "resend", attempts: 2 }]);
    expect(await takenBy(to)).toEqual(["resend"]);
  });

  test("stays with it also when it is not the selected one any more", async () => {
    const to = await enqueue();
    await backend.rows("UPDATE outbox_message SET provider = 'resend', bound_at = now()");
    await openCircuit("resend");
    await work();
    expect(await takenBy(to)).toEqual([]);
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: "resend", attempts: 0 }]);
  });

  describe("once the provider may have forgotten its key", () => {
    const sends = async () => (await calls("resend")).filter(({ method }) => method === "POST");

    test("is looked for there, and not sent again", async () => {
      await loseAnswerOf("resend");
      const to = await enqueue();
      await work();
      await passTime("23 hours 1 minute");
      await work();
      const [mail] = await backend.mails(to);
      expect(await rows()).toMatchObject([{ status: "SENT", provider: "resend", externalId: mail?.id }]);
      expect(await takenBy(to)).toEqual(["resend"]);
      expect(await sends()).toHaveLength(1);
    });

    test("is sent anew where the provider has never had it", async () => {
      await loseMailTo("resend");
      const to = await enqueue();
      await work();
      await passTime("23 hours 1 minute");
      await work();
      expect(await rows()).toMatchObject([{ status: "SENT", provider: "resend", attempts: 2 }]);
      expect(await takenBy(to)).toEqual(["resend"]);
      expect(await sends()).toHaveLength(2);
    });

    test("is not sent while the provider cannot be asked", async () => {
      await loseAnswerOf("resend");
      const to = await enqueue();
      await work();
      await passTime("23 hours 1 minute");
      await backend.addFault({ vendor: "resend", kind: "status", status: 503, route: "GET /emails" });
      await work();
      expect(await rows()).toMatchObject([{ status: "PENDING", provider: "resend", attempts: 2 }]);
      expect(await takenBy(to)).toEqual(["resend"]);
      expect(await sends()).toHaveLength(1);
    });
  });

  test("is sent again for as long as the key is known, however long it had waited before its first attempt", async () => {
    const to = await enqueue();
    await passTime("2 days");
    await loseAnswerOf("resend", 2);
    await work();
    await passTime("22 hours");
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: "resend", attempts: 2 }]);
    // A further attempt is no further binding: the key's day began with the first.
    await passTime("50 minutes");
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", provider: "resend", attempts: 3 }]);
    expect(await takenBy(to)).toEqual(["resend"]);
  });

  test("counts from a new beginning once it is known not to have gone", async () => {
    await backend.addFault({ vendor: "resend", kind: "status", status: 401, times: 1 });
    const to = await enqueue();
    await work();
    await passTime("2 days");
    await loseAnswerOf("resend");
    await work();
    await makeDue();
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", provider: "resend", attempts: 3 }]);
    expect(await takenBy(to)).toEqual(["resend"]);
  });

  test("by a name that nobody knows here is left to a person", async () => {
    await enqueue();
    await backend.rows("UPDATE outbox_message SET provider = 'pigeons'");
    await work();
    expect(await rows()).toMatchObject([{ status: "DEAD", provider: "pigeons" }]);
  });
});

describe("a mail that the first provider certainly has not taken", () => {
  test.each([
    ["nobody listened", { kind: "refused" } as const],
    ["it refused the key", { kind: "status", status: 401 } as const],
    ["it wants to be left alone", { kind: "status", status: 429 } as const],
  ])("may go to the fallback later: %s", async (_name, fault) => {
    await backend.addFault({ vendor: "resend", ...fault });
    const to = await enqueue();
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: null, attempts: 1 }]);
    await backend.clearFaults("resend");
    await openCircuit("resend");
    await passTime();
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", provider: "sendgrid", attempts: 2 }]);
    expect(await takenBy(to)).toEqual(["sendgrid"]);
  });
});

describe("a mail that the fallback may have taken", () => {
  beforeEach(() => openCircuit("resend"));
  const looks = () => calls("sendgrid", "/v3/messages");

  test("is left alone until the vendor surely knows", async () => {
    await loseAnswerOf("sendgrid");
    const to = await enqueue();
    await work();
    await resetCircuits();
    // Also when somebody asks for it before its time.
    for (let round = 0; round < 3; round += 1) {
      await makeDue();
      await work();
    }
    const [row] = await rows();
    expect(row).toMatchObject({ status: "PENDING", provider: "sendgrid", attempts: 1 });
    expect(row?.lastError).toMatch(/^may have been sent; /);
    expect(row?.waitMs).toBeGreaterThan(9 * 60_000);
    expect(row?.waitMs).toBeLessThan(10 * 60_000 + 1_000);
    expect(await looks()).toEqual([]);
    expect(await takenBy(to)).toEqual(["sendgrid"]);
  });

  test("is found there, and not sent again", async () => {
    await loseAnswerOf("sendgrid");
    const to = await enqueue();
    await work();
    await passTime();
    await work();
    const [mail] = await backend.mails(to);
    expect(await rows()).toMatchObject([
      { status: "SENT", provider: "sendgrid", externalId: mail?.id, lastError: null },
    ]);
    expect(await takenBy(to)).toEqual(["sendgrid"]);
    expect(await looks()).toHaveLength(1);
  });

  test("is sent anew, first provider first, when the vendor does not know of it", async () => {
    await loseMailTo("sendgrid");
    const to = await enqueue();
    await work();
    expect(await takenBy(to)).toEqual([]);
    await resetCircuits();
    await passTime();
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", provider: "resend", attempts: 2 }]);
    expect(await takenBy(to)).toEqual(["resend"]);
  });

  test("is not sent while the vendor cannot be asked", async () => {
    await loseMailTo("sendgrid");
    const to = await enqueue();
    await work();
    await resetCircuits();
    await backend.addFault({ vendor: "sendgrid", kind: "status", status: 503, route: "GET /v3/messages" });
    await passTime();
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: "sendgrid", attempts: 2 }]);

    await backend.clearFaults();
    await openCircuit("sendgrid", "read");
    await passTime();
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: "sendgrid", attempts: 2 }]);
    expect(await takenBy(to)).toEqual([]);
  });

  test("is given up, and said to be uncertain, when the account may not look", async () => {
    await loseAnswerOf("sendgrid");
    const to = address();
    await enqueueAuthMail({ kind: "verify-email", to, name: "Ann", token: "a-token-of-a-test" });
    await work();
    await backend.addFault({ vendor: "sendgrid", kind: "status", status: 403, route: "GET /v3/messages" });
    await passTime();
    await work();
    const [row] = await rows();
    expect(row).toMatchObject({ status: "DEAD", provider: "sendgrid", secretPayload: null });
    expect(row?.lastError).toMatch(/^may have been sent; /);
    expect(await takenBy(to)).toEqual(["sendgrid"]);
  });

  test("is known to be taken as soon as the vendor reports on it, and nobody need be asked", async () => {
    await loseAnswerOf("sendgrid");
    const to = await enqueue();
    await work();
    const provider = emailProvider("sendgrid");
    const report = await eventually("the vendor's report", async () =>
      backend.deliveries.find(({ vendor, body }) => vendor === "sendgrid" && body.includes(to)),
    );
    const request = new Request("http://localhost/api/webhooks/sendgrid", { method: "POST", ...report });
    const { id, verifyWebhook } = provider;
    const received = await receiveWebhook(request, id, verifyWebhook, emailEventRowOf(provider), () => {});
    expect(received.status).toBe(200);
    await pump.run();
    await passTime();
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", provider: "sendgrid" }]);
    expect(await looks()).toEqual([]);
    expect(await takenBy(to)).toEqual(["sendgrid"]);
  });

  test("because the process died while it was handed over is looked for first", async () => {
    const to = await enqueue();
    const [claimed] = await claimOutboxMessages(1, 60_000);
    if (!claimed) throw new Error("the mail is due");
    await bindOutboxMessage(claimed, "sendgrid");
    await emailProvider("sendgrid").send(mailTo(to), { idempotencyKey: claimed.id });
    // Dead here; a minute later its lease is over, and still nobody sends it or asks for it.
    await backend.rows("UPDATE outbox_message SET lease_until = now() - interval '1 second'");
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", attempts: 1 }]);
    await passTime();
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", provider: "sendgrid", attempts: 2 }]);
    expect(await takenBy(to)).toEqual(["sendgrid"]);
  });
});

describe("a worker that has lost its lease", () => {
  test("hands nothing over", async () => {
    const to = await enqueue();
    const [claimed] = await claimOutboxMessages(1, 60_000);
    if (!claimed) throw new Error("the mail is due");
    await backend.rows("UPDATE outbox_message SET lease_token = gen_random_uuid()");
    await expect(sendMail(claimed, mailTo(to))).rejects.toThrow("lost the lease");
    expect(await calls("resend", "/")).toEqual([]);
    expect(await rows()).toMatchObject([{ provider: null }]);
  });
});

describe("an outage of the first provider, from its beginning to its end", () => {
  test("delivers every mail once, whether it took them or not", async () => {
    // Whichever reaches it last is refused; before that every other mail is taken although it looks like a failure.
    await backend.addFault({ vendor: "resend", kind: "status", status: 503, route: `POST ${SENDS.resend}` });
    for (let n = 0; n < 10; n += 1) await (n % 2 ? loseMailTo("resend") : loseAnswerOf("resend"));
    const first = await Promise.all(Array.from({ length: 10 }, () => enqueue()));
    await workOff();
    // Failures are counted off the path of the mails that met them.
    await circuitBreakers().flush();
    const later = await Promise.all(Array.from({ length: 20 }, () => enqueue()));
    const people = [...first, ...later];
    await workOff();
    const during = await rows();
    expect(during.filter(({ status }) => status === "SENT").length).toBeGreaterThanOrEqual(15);
    expect(during.some(({ provider, status }) => provider === "sendgrid" && status === "SENT")).toBe(true);
    expect(during.some(({ provider, status }) => provider === "resend" && status === "PENDING")).toBe(true);

    await backend.clearFaults();
    await resetCircuits();
    await passTime();
    await workOff();
    expect((await rows()).map(({ status }) => status)).toEqual(Array(30).fill("SENT"));
    for (const to of people) expect(await takenBy(to), to).toHaveLength(1);
  });
});
