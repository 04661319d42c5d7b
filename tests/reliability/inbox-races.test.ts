/**
 * Guards what several processes do to one object at a time: whatever the order, the vendor's newest state stands in the
 * end and each effect happened once. Where the guard is a fence or a lease, the test also shows what would happen
 * without it, or that nothing at all was written.
 */
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";
import { inboxOf, type Subscriber } from "@/tests/support/reliability-inbox";
import { isStopped } from "@/tests/support/reliability-processes";
import { signedDelivery } from "@/tests/support/reliability-vendor";
import { startWorker, type Worker, type WorkerSettings } from "@/tests/support/reliability-workers";
import type { Delivery } from "@/tests/support/vendors";

const backend = await startBackend();
const inbox = await inboxOf(backend);
const workers: Worker[] = [];

async function worker(settings?: WorkerSettings): Promise<Worker> {
  const started = await startWorker(settings);
  workers.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(workers.splice(0).map((one) => one.stop()));
  // What a worker held when it was stopped is nobody else's for a minute.
  await backend.rows("DELETE FROM webhook_event");
  await backend.rows("DELETE FROM outbox_message");
});
afterAll(() => backend.stop());

const mailsUnder = (businessKey: string) =>
  backend.rows<{ id: string }>("SELECT id FROM outbox_message WHERE business_key = $1 AND status = 'SENT'", [
    businessKey,
  ]);

test("100 identical deliveries at once to two processes: 100 answers of 200, one row, one effect", async () => {
  const someone = await inbox.subscriber();
  await backend.stripe.subscriptions.cancel(someone.subscriptionId);
  const webhook = await inbox.webhookOf("customer.subscription.deleted", someone.subscriptionId);
  const [receivers, busy] = await Promise.all([
    Promise.all([worker({ role: "receive" }), worker({ role: "receive" })]),
    Promise.all([worker(), worker()]),
  ]);
  for (const one of busy) one.run();
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const response = await fetch(receivers[index % receivers.length]?.url ?? "", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "stripe-signature": webhook.headers["stripe-signature"] ?? "",
        },
        body: webhook.body,
      });
      return response.status;
    }),
  );
  expect(statuses).toEqual(Array(100).fill(200));
  await inbox.allDone();
  expect(
    await backend.rows("SELECT status FROM webhook_event WHERE object_id = $1", [someone.subscriptionId]),
  ).toEqual([{ status: "DONE" }]);
  expect(await inbox.statusOf(someone.subscriptionId)).toBe("CANCELED");
  const [told, ...more] = await mailsUnder(`subscription-ended:${someone.subscriptionId}`);
  expect(more).toEqual([]);
  const sent = (await backend.mails(someone.viewer.email)).filter(
    ({ idempotency_key }) => idempotency_key === told?.id,
  );
  expect(sent).toHaveLength(1);
});

function ordersOf<T>(values: readonly T[]): T[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((value, index) =>
    ordersOf(values.filter((_, other) => other !== index)).map((rest) => [value, ...rest]),
  );
}

/** Whatever the machine's pace: nothing of the events but their objects tells them apart. */
const SECOND = Math.floor(Date.now() / 1_000);

async function deliver(webhooks: readonly Pick<Delivery, "headers" | "body">[]): Promise<void> {
  for (const webhook of webhooks) expect(await inbox.receive(webhook)).toBe(200);
}

test("opposite events of one second, in all 24 orders, to two processes: right every time", async () => {
  const busy = await Promise.all([worker(), worker()]);
  const orders = ordersOf([0, 1, 2, 3]);
  const people: Subscriber[] = [];
  for (const _ of orders) people.push(await inbox.subscriber());
  for (const one of busy) one.run();

  const deliveries: Promise<void>[] = [];
  for (const [index, { subscriptionId }] of people.entries()) {
    // Every other one ends with the opposite of what comes before it.
    const isEnding = index % 2 === 0;
    const { subscriptions } = backend.stripe;
    await subscriptions.update(subscriptionId, { cancel_at_period_end: true });
    await subscriptions.update(subscriptionId, { cancel_at_period_end: false });
    await (isEnding
      ? subscriptions.cancel(subscriptionId)
      : subscriptions.update(subscriptionId, { cancel_at_period_end: true }));
    const updated = "customer.subscription.updated";
    const webhooks = await Promise.all([
      inbox.webhookOf("customer.subscription.created", subscriptionId),
      inbox.webhookOf(updated, subscriptionId, 0),
      inbox.webhookOf(updated, subscriptionId, 1),
      isEnding
        ? inbox.webhookOf("customer.subscription.deleted", subscriptionId)
        : inbox.webhookOf(updated, subscriptionId, 2),
    ]);
    const inOneSecond = webhooks.map(({ body }) => signedDelivery({ ...JSON.parse(body), created: SECOND }));
    deliveries.push(deliver((orders[index] ?? []).flatMap((place) => inOneSecond[place] ?? [])));
  }
  await Promise.all(deliveries);
  await inbox.allDone();
  const rows = await backend.rows<{ id: string; status: string; cancels: boolean }>(
    `SELECT external_id AS id, status, cancel_at_period_end AS cancels FROM subscription`,
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const [index, { subscriptionId }] of people.entries()) {
    const expected = index % 2 === 0 ? { status: "CANCELED" } : { status: "ACTIVE", cancels: true };
    expect(byId.get(subscriptionId), `order ${orders[index]}`).toMatchObject(expected);
  }
});

/**
 * A worker reads the vendor, and stands still with what it has read. Meanwhile the subscription ends, and another worker
 * hears of that through the customer, reads later, and writes first. Then the slow one goes on.
 */
async function slowOldRead(mutant?: "late fence"): Promise<string | null> {
  const { subscriptionId, customerId } = await inbox.subscriber();
  const [slow, quick] = await Promise.all([
    worker({ role: "work", stop: { at: "after the refetch", by: "SIGSTOP" }, mutant }),
    worker(),
  ]);
  await inbox.receive(await inbox.webhookOf("customer.subscription.created", subscriptionId));
  await inbox.pump.run();
  expect(await inbox.statusOf(subscriptionId)).toBe("ACTIVE");
  await backend.stripe.subscriptions.update(subscriptionId, { cancel_at_period_end: true });
  await backend.stripe.customers.update(customerId, { description: "has something new" });
  const ofCustomer = await inbox.webhookOf("customer.updated", customerId);
  await inbox.receive(await inbox.webhookOf("customer.subscription.updated", subscriptionId));
  slow.run();
  await eventually("the slow worker to have read", async () => isStopped(slow.pid));

  await backend.stripe.subscriptions.cancel(subscriptionId);
  await inbox.receive(ofCustomer);
  quick.run();
  await eventually("the quick worker to have written", async () => {
    return (await inbox.statusOf(subscriptionId)) === "CANCELED";
  });
  await quick.rest();
  slow.signal("SIGCONT");
  await inbox.allDone();
  return inbox.statusOf(subscriptionId);
}

describe("a slow old read that finishes last", () => {
  test("writes nothing", async () => {
    expect(await slowOldRead()).toBe("CANCELED");
  });

  test("would give the access back, were its fence taken after the read", async () => {
    expect(await slowOldRead("late fence")).toBe("ACTIVE");
  });
});

test("a worker that comes back after its lease commits nothing", async () => {
  const { subscriptionId } = await inbox.subscriber();
  const [zombie, heir] = await Promise.all([
    worker({ role: "work", stop: { at: "after the refetch", by: "SIGSTOP" } }),
    worker(),
  ]);
  await inbox.receive(await inbox.webhookOf("customer.subscription.created", subscriptionId));
  zombie.run();
  await eventually("the zombie to have read", async () => isStopped(zombie.pid));
  await inbox.letLeasesEnd();
  heir.run();
  await inbox.allDone();
  await heir.rest();

  // Every version of a row bears the transaction that wrote it.
  const written = () =>
    backend.rows(
      `SELECT 'subscription' AS of, xmin::text FROM subscription WHERE external_id = $1
       UNION ALL SELECT 'event', xmin::text FROM webhook_event WHERE object_id = $1
       UNION ALL SELECT 'audit', id::text FROM audit_log
       UNION ALL SELECT 'outbox', id::text FROM outbox_message ORDER BY 1, 2`,
      [subscriptionId],
    );
  const before = await written();
  zombie.signal("SIGCONT");
  await eventually("the zombie to have failed", async () => zombie.total.failed > 0);
  expect(zombie.total.processed).toBe(0);
  expect(await written()).toEqual(before);
});

test("a worker that stands still within its claim keeps nobody from the events", async () => {
  const { subscriptionId } = await inbox.subscriber();
  const [frozen, other] = await Promise.all([
    worker({ role: "work", stop: { at: "within the claim", by: "SIGSTOP" } }),
    worker(),
  ]);
  await inbox.receive(await inbox.webhookOf("customer.subscription.created", subscriptionId));
  frozen.run();
  await eventually("it to stand still", async () => isStopped(frozen.pid));
  other.run();
  // The database ends what stands still for two seconds; no lease was written.
  expect(await inbox.allDone()).toBeLessThan(10_000);
  await other.rest();
  expect(await inbox.statusOf(subscriptionId)).toBe("ACTIVE");
});
