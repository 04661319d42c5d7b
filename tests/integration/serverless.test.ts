/** Guards that where no timer runs, ordinary traffic does what timers do elsewhere, without a cron's help. */
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { openCircuit, resetCircuits } from "@/tests/support/circuits";
import { eventually } from "@/tests/support/poll";

const tasks: (() => Promise<unknown>)[] = [];
// Next's is of no use outside a request of its own.
vi.mock("next/server", () => ({ after: (task: () => Promise<unknown>) => tasks.push(task) }));

const backend = await startBackend({ VERCEL: "1" });
const { GET: getStatus } = await import("@/app/api/status/route");
const { circuitBreakers, circuitStore } = await import("@/lib/compose");
const { GET: getPumpHealth } = await import("@/app/api/health/pump/route");
const workInPassing = await import("@/lib/do-due-work");
const { doDueWork, leaveWork } = workInPassing;
const { pump } = await import("@/lib/webhooks/process");
const { LEAST_BUDGET_MS } = await import("@/lib/pump/pump");
const { insertWebhookEvent } = await import("@/lib/db/webhook-events");
const { payments } = await import("@/lib/integrations/payments");

beforeEach(async () => {
  await resetCircuits();
  tasks.length = 0;
});
afterAll(() => backend.stop());

const paymentsState = async () => (await circuitStore().read()).get("stripe/sandbox/write")?.state.kind;

/** As an outage that is over leaves it, with nobody to notice. */
async function openAndDue(): Promise<void> {
  await openCircuit("stripe");
  await backend.rows(
    "UPDATE integration_circuit SET probe_at = now() - interval '6 seconds' WHERE state = 'OPEN'",
  );
  await circuitBreakers().flush();
  expect(await paymentsState()).toBe("open");
}

test("the work that a request leaves behind closes a circuit whose probe is due, before it ends", async () => {
  await openAndDue();
  await eventually("it to close", async () => {
    await doDueWork();
    return (await paymentsState()) === "closed";
  });
});

test("the work that a request leaves behind tells of a vendor that keeps turning calls away", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * 60_000 });
  try {
    await backend.rows(
      `INSERT INTO integration_metric (provider, mode, effect, resolution, at, outcome, is_retry, bucket, count)
       SELECT 'stripe', 'SANDBOX', 'READ', 'MINUTE', date_trunc('minute', now()) - ago * interval '1 minute',
              'rate_limited', false, 1, 30 FROM generate_series(0, 1) AS ago`,
    );
    await doDueWork();
  } finally {
    vi.useRealTimers();
  }
  expect(await backend.rows("SELECT cause FROM alert")).toEqual([{ cause: "throttled:stripe:sandbox:read" }]);
});

test("the status, which a banner asks for again and again in an outage, starts that work, but not for each of a crowd", async () => {
  await openAndDue();
  await eventually("it to close", async () => {
    await getStatus();
    await Promise.all(tasks.splice(0).map((task) => task()));
    return (await paymentsState()) === "closed";
  });
  await Promise.all(Array.from({ length: 50 }, getStatus));
  expect(tasks.length).toBeLessThanOrEqual(1);
});

describe("work that a request leaves behind while a run is under way", () => {
  const slow = ["sub_slow_1", "sub_slow_2", "sub_slow_3", "sub_slow_4"];
  const deliver = (objectId: string) =>
    insertWebhookEvent({
      ...{
        provider: payments().scope.provider,
        account: "",
        mode: "SANDBOX",
        payload: "{}",
        status: "PENDING",
      },
      ...{
        externalId: `evt_${objectId}`,
        type: "customer.subscription.updated",
        objectId,
        operationId: null,
      },
      ...{ apiVersion: payments().apiVersion, occurredAt: new Date() },
    });
  const attemptsAt = async (objectId: string) =>
    (
      await backend.rows<{ attempts: number }>("SELECT attempts FROM webhook_event WHERE object_id = $1", [
        objectId,
      ])
    )[0]?.attempts;

  test("keeps hardly any of a crowd, and is done although that run has no time left for it", async () => {
    for (const id of slow) {
      await backend.addFault({ vendor: "stripe", kind: "hang", route: `GET /v1/subscriptions/${id}` });
      await deliver(id);
    }
    const run = pump.run(LEAST_BUDGET_MS + 3_000);
    await eventually("all places to be taken", async () => (await attemptsAt("sub_slow_4")) === 1);
    await deliver("sub_late");
    for (let request = 0; request < 50; request += 1) leaveWork();
    expect(tasks).toHaveLength(1);
    await Promise.all([run, ...tasks.splice(0).map((task) => task())]);
    expect(await attemptsAt("sub_late")).toBe(1);
    await backend.clearFaults();
    await backend.rows("DELETE FROM webhook_event");
  }, 60_000);
});

describe("work in passing", () => {
  const { doWorkInPassing } = workInPassing;
  const startedAt = async () =>
    (
      await backend.rows<{ at: Date }>("SELECT started_at AS at FROM schedule WHERE name = 'work-in-passing'")
    )[0]?.at;

  test("is done by one visitor of all instances, and then not for a while", async () => {
    await backend.rows("DELETE FROM schedule WHERE name = 'work-in-passing'");
    await Promise.all(Array.from({ length: 10 }, doWorkInPassing));
    const first = await startedAt();
    expect(first).toBeInstanceOf(Date);
    await doWorkInPassing();
    expect(await startedAt()).toEqual(first);
    await backend.rows("UPDATE schedule SET due_at = now() WHERE name = 'work-in-passing'");
    await doWorkInPassing();
    expect(await startedAt()).not.toEqual(first);
  });

  test("is left behind by whoever watches the pump, too", async () => {
    await backend.rows("DELETE FROM schedule");
    await eventually("a turn", async () => {
      await getPumpHealth();
      return tasks.length > 0;
    });
    await Promise.all(tasks.splice(0).map((task) => task()));
    expect(await startedAt()).toBeInstanceOf(Date);
  });
});

describe("the pump's health", () => {
  const health = async () => {
    const response = await getPumpHealth();
    return { status: response.status, body: (await response.json()) as { lastRunSeconds: number | null } };
  };

  test("is told by its last run, which here may be a day ago and no more", async () => {
    await doDueWork();
    const { status, body } = await health();
    expect([status, body]).toEqual([
      200,
      { status: "ok", oldestDueSeconds: 0, lastRunSeconds: expect.any(Number) },
    ]);
    await backend.rows("UPDATE schedule SET ended_at = now() - interval '25 hours' WHERE name = 'pump'");
    expect((await health()).status).toBe(200);
    await backend.rows("UPDATE schedule SET ended_at = now() - interval '27 hours' WHERE name = 'pump'");
    expect(await health()).toMatchObject({ status: 503, body: { status: "late", lastRunSeconds: 97_200 } });
  });
});
