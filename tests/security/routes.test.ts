/** Guards the routes that answer machines: nobody without the bearer, and nothing said that need not be. */
import { afterAll, describe, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";

const CRON_SECRET = "a cron secret of the tests, long enough";
const backend = await startBackend({ CRON_SECRET });
const cron = await import("@/app/api/cron/pump/route");
const health = await import("@/app/api/health/route");
const pumpHealth = await import("@/app/api/health/pump/route");
const { enqueueAuthMail } = await import("@/lib/outbox/auth-mail");

afterAll(() => backend.stop());

const call = (authorization?: string) =>
  cron.GET(
    new Request("http://localhost/api/cron/pump", {
      headers: authorization === undefined ? {} : { authorization },
    }),
  );

describe("the cron route", () => {
  test("does what is due for whoever has the bearer", async () => {
    const response = await call(`Bearer ${CRON_SECRET}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ processed: 0, failed: 0 });
  });

  test.each([
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    CRON_SECRET,
    `Basic ${CRON_SECRET}`,
    `Bearer ${CRON_SECRET}x`,
    `Bearer ${CRON_SECRET.slice(0, -1)}`,
    `Bearer ${CRON_SECRET.toUpperCase()}`,
    `Bearer x, Bearer ${CRON_SECRET}`,
  ])("answers 401 to %j, and says nothing", async (authorization) => {
    const response = await call(authorization);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: "unauthenticated" });
  });
});

describe("the health routes", () => {
  test("say that all is well", async () => {
    expect(await (await health.GET()).json()).toEqual({ status: "ok", database: "ok" });
    expect(await (await pumpHealth.GET()).json()).toEqual({ status: "ok", oldestDueSeconds: 0 });
  });

  test("say that work is late, and not whose", async () => {
    await enqueueAuthMail({ kind: "verify-email", to: "ann@example.com", name: "Ann", token: "a token" });
    await backend.rows("UPDATE outbox_message SET next_attempt_at = now() - interval '10 minutes'");
    const response = await pumpHealth.GET();
    expect(response.status).toBe(503);
    const answer = (await response.json()) as { oldestDueSeconds: number };
    expect(answer).toEqual({ status: "late", oldestDueSeconds: expect.any(Number) });
    expect(answer.oldestDueSeconds).toBeGreaterThanOrEqual(600);
    await backend.rows("DELETE FROM outbox_message");
  });

  test("say that the database is away, and nothing of where it was", async () => {
    await backend.rows("ALTER TABLE outbox_message RENAME TO outbox_message_away");
    const late = await pumpHealth.GET();
    expect([late.status, await late.json()]).toEqual([503, { status: "unavailable" }]);
    await backend.rows("ALTER TABLE outbox_message_away RENAME TO outbox_message");
  });
});
