/** Guards the routes that answer machines: nobody without bearer or signature, and nothing said that need not be. */
import { createPrivateKey, sign } from "node:crypto";
import { afterAll, describe, expect, test, vi } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";
import { SENDGRID_PRIVATE_KEY } from "@/tests/support/vendors";

vi.mock("next/server", () => ({ after: () => undefined }));

const CRON_SECRET = "a cron secret of the tests, long enough";
const backend = await startBackend({ CRON_SECRET, EMAIL_FALLBACK_PROVIDER: "sendgrid" });
const cron = await import("@/app/api/cron/pump/route");
const reconcile = await import("@/app/api/cron/reconcile/route");
const health = await import("@/app/api/health/route");
const pumpHealth = await import("@/app/api/health/pump/route");
const status = await import("@/app/api/status/route");
const sendgrid = await import("@/app/api/webhooks/sendgrid/route");
const { circuitStore } = await import("@/lib/compose");
const { enqueueAuthMail } = await import("@/lib/outbox/auth-mail");

afterAll(() => backend.stop());

const CRON_ROUTES = { pump: cron, reconcile } as const;
type CronRoute = keyof typeof CRON_ROUTES;
const call = (route: CronRoute, authorization?: string) =>
  CRON_ROUTES[route].GET(
    new Request(`http://localhost/api/cron/${route}`, {
      headers: authorization === undefined ? {} : { authorization },
    }),
  );

test("the cron route of the pump does what is due for whoever has the bearer", async () => {
  const response = await call("pump", `Bearer ${CRON_SECRET}`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ processed: 0, failed: 0 });
});

test("the cron route of reconciliation fetches what is missing, and says no more than counts", async () => {
  const response = await call("reconcile", `Bearer ${CRON_SECRET}`);
  expect(response.status).toBe(200);
  const { passes } = (await response.json()) as { passes: { kind: string; state: string }[] };
  expect(passes.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
    "EVENTS finished",
    "SUBSCRIPTIONS finished",
    "CUSTOMERS finished",
  ]);
  // Events whenever it is called, the sweeps when they are due.
  const again = await call("reconcile", `Bearer ${CRON_SECRET}`);
  expect(await again.json()).toMatchObject({ passes: [{ kind: "EVENTS", drift: 0 }] });
});

describe.each(Object.keys(CRON_ROUTES) as CronRoute[])("the cron route %s", (route) => {
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
    const response = await call(route, authorization);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: "unauthenticated" });
  });
});

describe("the health routes", () => {
  test("say that all is well", async () => {
    expect(await (await health.GET()).json()).toEqual({ status: "ok", database: "ok" });
    expect(await (await pumpHealth.GET()).json()).toEqual({
      ...{ status: "ok", oldestDueSeconds: 0, lastRunSeconds: expect.any(Number) },
    });
  });

  test("say that work is late, and not whose", async () => {
    await enqueueAuthMail({ kind: "verify-email", to: "ann@example.com", name: "Ann", token: "a token" });
    await backend.rows("UPDATE outbox_message SET next_attempt_at = now() - interval '10 minutes'");
    const response = await pumpHealth.GET();
    expect(response.status).toBe(503);
    const answer = (await response.json()) as { oldestDueSeconds: number };
    expect(answer).toEqual({
      status: "late",
      oldestDueSeconds: expect.any(Number),
      lastRunSeconds: expect.any(Number),
    });
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

describe("the status route", () => {
  /** Vendors, what stands between us and them, and what they are told apart by. */
  const INTERNAL =
    /stripe|resend|sendgrid|oncall|sandbox|circuit|breaker|half_open|epoch|probe|owner|operator|\bread|write|timeout|[45]\d\d\b/i;

  /** What is answered once what was read before is too old to be believed. */
  const answered = (wanted: string) =>
    eventually(`the status to be ${wanted}`, async () => {
      const response = await status.GET();
      const text = await response.text();
      expect(text.replace(/"since":"[^"]*"/g, "")).not.toMatch(INTERNAL);
      expect([...response.headers.values()].join()).not.toMatch(INTERNAL);
      const answer = JSON.parse(text) as { status: string; capabilities: object[] };
      return answer.status === wanted && { ...answer, code: response.status };
    });

  test("names no vendor and no cause, in health and in trouble", async () => {
    expect((await answered("operational")).code).toBe(200);
    for (const provider of ["stripe", "resend", "sendgrid"]) {
      for (const effect of ["read", "write"] as const)
        await circuitStore().override({ provider, mode: "sandbox", effect }, "open");
    }
    const { capabilities } = await answered("down");
    for (const capability of capabilities)
      expect(Object.keys(capability)).toEqual(["id", "name", "status", "since"]);
  });

  test("says that it cannot tell, and nothing of the database that does not answer", async () => {
    await backend.rows("ALTER TABLE integration_circuit RENAME TO integration_circuit_away");
    try {
      expect(await answered("unknown")).toEqual({ code: 503, status: "unknown", capabilities: [] });
    } finally {
      await backend.rows("ALTER TABLE integration_circuit_away RENAME TO integration_circuit");
    }
  });
});

describe("the webhook route of the second mail vendor", () => {
  const BODY = JSON.stringify([{ event: "delivered", sg_event_id: "event-1", timestamp: 1_700_000_000 }]);

  function signedBy(privateKey: string, timestamp = `${Math.floor(Date.now() / 1000)}`) {
    const key = createPrivateKey({ key: Buffer.from(privateKey, "base64"), format: "der", type: "pkcs8" });
    return {
      "x-twilio-email-event-webhook-timestamp": timestamp,
      "x-twilio-email-event-webhook-signature": sign("sha256", Buffer.from(timestamp + BODY), key).toString(
        "base64",
      ),
    };
  }

  async function post(headers: Record<string, string>, body = BODY) {
    const request = new Request("http://localhost/api/webhooks/sendgrid", {
      ...{ method: "POST", body, headers: { "content-type": "application/json", ...headers } },
    });
    const response = await sendgrid.POST(request);
    // Whatever it was, there is no body to learn from.
    expect([await response.text(), response.headers.get("cache-control")]).toEqual(["", "no-store"]);
    return response.status;
  }

  const stored = () => backend.rows("SELECT id FROM webhook_event WHERE provider = 'sendgrid'");

  test("refuses what is unsigned, old, changed, no JSON or too much, and stores none of it", async () => {
    const signature = signedBy(SENDGRID_PRIVATE_KEY);
    expect(await post({})).toBe(400);
    expect(await post({ ...signature, "x-twilio-email-event-webhook-signature": "" })).toBe(400);
    expect(await post(signature, BODY.replace("delivered", "bounce"))).toBe(400);
    expect(await post(signedBy(SENDGRID_PRIVATE_KEY, "1700000000"))).toBe(400);
    expect(await post({ ...signature, "content-type": "text/plain" })).toBe(415);
    expect(await post(signature, BODY.padEnd(600_000))).toBe(413);
    expect(await stored()).toEqual([]);
  });

  test("stores what the vendor has signed", async () => {
    expect(await post(signedBy(SENDGRID_PRIVATE_KEY))).toBe(200);
    expect(await stored()).toHaveLength(1);
  });
});
