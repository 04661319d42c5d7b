/** Guards that where no timer runs, ordinary traffic does what timers do elsewhere, without a cron's help. */
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { openCircuit, resetCircuits } from "@/tests/support/circuits";
import { eventually } from "@/tests/support/poll";

const tasks: (() => Promise<unknown>)[] = [];
// Next's is of no use outside a request of its own.
vi.mock("next/server", () => ({ after: (task: () => Promise<unknown>) => tasks.push(task) }));

const backend = await startBackend({ VERCEL: "1" });
const { GET: getStatus } = await import("@/app/api/status/route");
const { circuitBreakers, circuitStore } = await import("@/lib/compose");
const { doDueWork } = await import("@/lib/do-due-work");

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
