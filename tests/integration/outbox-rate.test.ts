/**
 * Guards the pace: all instances together hand a vendor no more mails in a second of the database's clock than it
 * takes; what is too much waits, uses up no attempt, and is sent.
 */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { answeringServer } from "@/tests/support/answering-server";
import { startBackend } from "@/tests/support/backend";
import { resetCircuits } from "@/tests/support/circuits";
import { eventually } from "@/tests/support/poll";
import { runBatch } from "@/tests/support/run-batch";

const PER_SECOND = 3;
const vendor = await answeringServer({
  body: '{"id":"mail_1"}',
  headers: { "ratelimit-limit": String(PER_SECOND), "ratelimit-remaining": "1", "ratelimit-reset": "1" },
});
const backend = await startBackend({ RESEND_BASE_URL: vendor.url });
const { db } = await import("@/lib/db/client");
const { takeSendSlot } = await import("@/lib/db/send-slots");
const { email } = await import("@/lib/integrations/email");
const { outboxSource } = await import("@/lib/outbox/deliver");
const { enqueueMail } = await import("@/lib/outbox/enqueue");

beforeAll(resetCircuits);
afterEach(() => backend.rows("DELETE FROM outbox_message"));
afterAll(async () => {
  vendor.stop();
  await backend.stop();
});

const enqueue = () =>
  enqueueMail(db(), {
    businessKey: randomUUID(),
    mail: {
      ...{ from: "Breakwater <hello@breakwater.example>", to: `${randomUUID()}@example.com` },
      ...{ subject: "A subject", html: "<p>Some words</p>", text: "Some words", category: "receipt" },
    },
  });
const usedIn = (provider: string) =>
  backend.rows<{ slot: string; used: number }>(
    "SELECT slot, used FROM send_slot WHERE provider = $1 ORDER BY slot",
    [provider],
  );

describe("the places of a second", () => {
  test("are given away once each, however many reach for them: this second's, then the next one's", async () => {
    const provider = randomUUID();
    const taken = await Promise.all(Array.from({ length: 40 }, () => takeSendSlot(provider, 7)));
    const waits = taken.flatMap((slot) => (slot.kind === "taken" ? [slot.waitMs] : []));
    for (const { used } of await usedIn(provider)) expect(used).toBeLessThanOrEqual(7);
    // Two seconds' worth, three where a second went by meanwhile.
    expect(waits.length).toBeGreaterThanOrEqual(14);
    expect(waits.length).toBeLessThanOrEqual(21);
    for (const waitMs of waits) expect(waitMs).toBeLessThanOrEqual(1_000);
    for (const slot of taken) {
      if (slot.kind === "none") expect(slot.retryAfterMs).toBeLessThanOrEqual(1_000);
    }
  });

  test("are counted for each vendor apart, and forgotten when they are long over", async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    await backend.rows(
      `INSERT INTO send_slot (provider, mode, slot, used)
       SELECT $1, 'SANDBOX', floor(EXTRACT(EPOCH FROM now()))::bigint - n, 1 FROM generate_series(100, 200) AS n`,
      [one],
    );
    expect(await takeSendSlot(one, 1)).toMatchObject({ kind: "taken" });
    expect(await takeSendSlot(other, 1)).toMatchObject({ kind: "taken" });
    expect(await usedIn(one)).toHaveLength(1);
    expect(await usedIn(other)).toHaveLength(1);
  });
});

describe("mails that are more than the vendor takes in a second", () => {
  test("wait for their place, use up no attempt, and are all sent", async () => {
    await enqueue();
    await runBatch(outboxSource);
    expect(email().sendsPerSecond).toBe(PER_SECOND);
    const before = vendor.requests.length;

    const mails = PER_SECOND * 4;
    for (let n = 0; n < mails; n += 1) await enqueue();
    // As several instances would.
    await Promise.all(Array.from({ length: 4 }, () => runBatch(outboxSource)));
    const waiting = await backend.rows<{ attempts: number; provider: string | null; lastError: string }>(
      `SELECT attempts, provider, last_error AS "lastError" FROM outbox_message WHERE status = 'PENDING'`,
    );
    expect(waiting.length).toBeGreaterThan(0);
    for (const one of waiting) {
      expect(one).toMatchObject({ attempts: 0, provider: null });
      expect(one.lastError).toMatch(/^resend takes 3 mails a second/);
    }
    await eventually("all of them to be sent", async () => {
      await runBatch(outboxSource);
      const [{ left } = { left: -1 }] = await backend.rows<{ left: number }>(
        "SELECT count(*)::int AS left FROM outbox_message WHERE status <> 'SENT'",
      );
      return left === 0;
    });
    expect(vendor.requests.length - before).toBe(mails);
    for (const { used } of await usedIn("resend")) expect(used).toBeLessThanOrEqual(PER_SECOND);
    expect(await backend.rows("SELECT 1 FROM outbox_message WHERE attempts <> 1")).toEqual([]);
  });
});
