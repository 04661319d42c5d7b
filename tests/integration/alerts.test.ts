/**
 * Guards what wakes people up: they hear of each cause once an hour, however many processes see it, on a way that
 * survives failures of its own.
 */
import { createHmac } from "node:crypto";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { Alert } from "@/lib/alerts/alert";
import type { AlertReport } from "@/lib/integrations/monitoring/port";
import { PrismaClient } from "@/prisma/generated/client";
import { startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";
import { ONCALL_WEBHOOK_SECRET } from "@/tests/support/vendors";

const backend = await startBackend();
const { alertsSettled, createAlerts } = await import("@/lib/alerts/raise-alert");
const { circuitBreakers, circuitStore } = await import("@/lib/compose");
const { noteAlert } = await import("@/lib/db/alerts");
const { payments } = await import("@/lib/integrations/payments");
const { withRequestContext } = await import("@/lib/request-context");
const { pump } = await import("@/lib/webhooks/process");

afterEach(async () => {
  await backend.clearFaults();
  for (const effect of ["read", "write"] as const) {
    await circuitStore().override({ provider: "stripe", mode: "sandbox", effect }, "reset");
  }
  await circuitBreakers().flush();
  await backend.rows("DELETE FROM alert");
  await backend.rows("DELETE FROM outbox_message");
});
afterAll(() => backend.stop());

const MINUTE_MS = 60_000;

const REJECTED: Alert = {
  what: "credentials-rejected",
  severity: "critical",
  provider: "stripe",
  mode: "sandbox",
  title: "Payments: the key is refused",
  text: "What happened, what it means, what to do.",
};
const CAUSE = "credentials-rejected:stripe:sandbox";

/** What another process is to the database: connections, a memory and a clock of its own. */
function startProcess() {
  const pool = new pg.Pool({ connectionString: backend.databaseUrl, max: 3 });
  const client = new PrismaClient({ adapter: new PrismaPg(pool) });
  const reports: AlertReport[] = [];
  let now = 0;
  const alerts = createAlerts({
    note: (sighting, onTold) => noteAlert(sighting, onTold, client),
    capture: (report) => reports.push(report),
    now: () => now,
  });
  return {
    reports,
    settled: alerts.settled,
    /** As often as it may ask the database: a minute apart. */
    see: (alert: Alert, times = 1) => {
      for (let n = 0; n < times; n += 1) {
        alerts.raise(alert);
        now += MINUTE_MS;
      }
    },
    stop: async () => {
      await client.$disconnect();
      await pool.end();
    },
  };
}
type Process = ReturnType<typeof startProcess>;

async function withProcesses<T>(count: number, work: (...processes: Process[]) => Promise<T>): Promise<T> {
  const processes = Array.from({ length: count }, startProcess);
  try {
    return await work(...processes);
  } finally {
    await Promise.all(processes.map(({ stop }) => stop()));
  }
}

const settleAll = (processes: Process[]) => Promise.all(processes.map(({ settled }) => settled()));

const noted = () =>
  backend.rows<{ cause: string; severity: string; summary: string; seen: number }>(
    "SELECT * FROM alert ORDER BY cause",
  );
const messages = () =>
  backend.rows<{ kind: string; payload: Record<"alertId" | "severity" | "title" | "text" | "path", string> }>(
    "SELECT kind, payload FROM outbox_message ORDER BY created_at",
  );
const letPass = (time: string) => backend.rows("UPDATE alert SET told_at = told_at - $1::interval", [time]);

describe("an alert", () => {
  test("is told once when many processes see its cause at the same time", () =>
    withProcesses(4, async (...processes) => {
      for (const process of processes) process.see(REJECTED, 5);
      expect((await settleAll(processes)).filter(Boolean)).toHaveLength(1);
      expect(processes.flatMap(({ reports }) => reports)).toEqual([
        { severity: "critical", cause: CAUSE, title: REJECTED.title },
      ]);
      expect(await messages()).toEqual([
        {
          kind: "ALERT",
          payload: {
            alertId: expect.stringContaining(`${CAUSE}:20`),
            severity: "critical",
            title: REJECTED.title,
            text: REJECTED.text,
            path: "/admin/integrations",
          },
        },
      ]);
      expect(await noted()).toMatchObject([
        { cause: CAUSE, severity: "CRITICAL", summary: REJECTED.title, seen: 20 },
      ]);
    }));

  test("is told again when an hour has passed, once, and says how often it was seen meanwhile", () =>
    withProcesses(3, async (first, ...others) => {
      first?.see(REJECTED);
      await first?.settled();
      for (const process of others) process.see(REJECTED, 4);
      await settleAll(others);
      await letPass("59 minutes");
      first?.see(REJECTED);
      await first?.settled();
      expect(await messages()).toHaveLength(1);

      await letPass("1 minute");
      for (const process of others) process.see(REJECTED, 2);
      await settleAll(others);
      const told = await messages();
      expect(told).toHaveLength(2);
      // Nine times until the hour was over, and the one that told it.
      expect(told[1]?.payload.text).toMatch(
        /^What happened.+\nTold before at 20\S+Z, and seen 10 times since then\.$/,
      );
      expect(told[1]?.payload.alertId).not.toBe(told[0]?.payload.alertId);
      expect(await noted()).toMatchObject([{ seen: 4 }]);
    }));

  test("of another cause is told at once", () =>
    withProcesses(1, async (process) => {
      process?.see(REJECTED);
      process?.see({ ...REJECTED, mode: "live" });
      process?.see({ ...REJECTED, effect: "write" });
      await process?.settled();
      expect((await noted()).map(({ cause }) => cause)).toEqual([
        "credentials-rejected:stripe:live",
        CAUSE,
        `${CAUSE}:write`,
      ]);
      expect(await messages()).toHaveLength(3);
    }));

  test("that could not be written counts as not told", async () => {
    const sighting = { cause: CAUSE, severity: "critical", summary: "A key is refused", times: 1 } as const;
    const failing = noteAlert(sighting, () => Promise.reject(new Error("the outbox is out of reach")));
    await expect(failing).rejects.toThrow("the outbox is out of reach");
    expect(await noted()).toEqual([]);
    expect(await noteAlert(sighting, async () => undefined)).toMatchObject({ before: null });
  });

  test("about the way to whoever is on call does not take that way", () =>
    withProcesses(1, async (process) => {
      process?.see({ ...REJECTED, provider: "oncall" });
      expect(await process?.settled()).toBe(true);
      expect(await messages()).toEqual([]);
      expect(process?.reports).toHaveLength(1);
    }));
});

const readPayments = () => payments().getSubscription("sub_of_nobody");
const writePayments = () =>
  payments().createPortal({ customerId: "cus_of_nobody", returnUrl: "http://localhost:3999/" });

/** Calls as the pump does, one attempt each, until that is noted: off the path of the calls. */
const alertFrom = (call: () => Promise<unknown>, cause: string) =>
  eventually(`the alert ${cause}`, async () => {
    await expect(withRequestContext({ origin: "background" }, call)).rejects.toThrow();
    await alertsSettled();
    return (await noted()).find((alert) => alert.cause === cause);
  });

describe("a vendor's failures", () => {
  test.each([
    ["read", readPayments, "WARNING"],
    ["write", writePayments, "CRITICAL"],
  ] as const)("raise an alert when they open the circuit of %ss", async (effect, call, severity) => {
    await backend.addFault({ vendor: "stripe", kind: "status", status: 500 });
    const alert = await alertFrom(call, `circuit-opened:stripe:sandbox:${effect}`);
    expect(alert).toMatchObject({
      severity,
      summary: `Payments: ${effect}s at stripe (sandbox) are held back`,
    });
    const [message] = await messages();
    expect(message?.payload.text).toMatch(/at \d\d:\d\d:\d\d UTC, then every 30 seconds\.\nMeanwhile: /);
  });

  test("raise a warning when they have used up the retries", async () => {
    await backend.addFault({ vendor: "stripe", kind: "status", status: 429 });
    // Two retries each, and ten are to be had.
    await Promise.allSettled(Array.from({ length: 8 }, readPayments));
    await alertsSettled();
    expect(await noted()).toMatchObject([
      {
        cause: "retry-budget-exhausted:stripe:sandbox",
        severity: "WARNING",
        summary: "Payments: retries at stripe (sandbox) are used up",
      },
    ]);
  });

  test("of its own making, a refused key, reach whoever is on call: signed, and once, though the way fails twice", async () => {
    await backend.addFault({ vendor: "stripe", kind: "status", status: 401 });
    expect(await alertFrom(readPayments, CAUSE)).toMatchObject({ severity: "CRITICAL" });

    await backend.addFault({ vendor: "oncall", kind: "status", status: 500, times: 2 });
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await pump.run();
      await backend.rows("UPDATE outbox_message SET next_attempt_at = now() WHERE status = 'PENDING'");
    }
    expect(await backend.rows("SELECT status, attempts FROM outbox_message")).toEqual([
      { status: "SENT", attempts: 3 },
    ]);
    const calls = (await backend.vendorCalls()).filter(({ vendor }) => vendor === "oncall");
    expect(calls.map(({ status }) => status)).toEqual([500, 500, 200]);
    expect(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);

    const received = await backend.alerts();
    expect(received).toHaveLength(1);
    const [alert] = received;
    if (!alert) throw new Error("one has come");
    const { text, body, headers } = alert;
    expect(text).toMatch(/^\*Critical: Payments: stripe \(sandbox\) rejects our key\*\n/);
    expect(text).toContain("<http://localhost:3999/admin/integrations>");
    expect(text).not.toMatch(/sk_test|sub_of_nobody|@/);
    const [, seconds, signature] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers["x-breakwater-signature"] ?? "") ?? [];
    expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(60);
    expect(signature).toBe(
      createHmac("sha256", ONCALL_WEBHOOK_SECRET).update(`${seconds}.${body}`).digest("hex"),
    );
  });
});
