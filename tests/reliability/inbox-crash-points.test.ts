/**
 * Guards the promise that an event survives the death of whoever works on it: a worker process is killed with SIGKILL at
 * each place between the receipt and the last effect, and the next worker ends in the same state, with the same one mail.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";
import { inboxOf } from "@/tests/support/reliability-inbox";
import type { Place } from "@/tests/support/reliability-points";
import { startWorker, type Worker } from "@/tests/support/reliability-workers";

/** From the end of the lease on. */
const RECOVERY_MS = 10_000;

const PLACES: readonly Place[] = [
  "within the claim",
  "after the claim",
  "after the fence",
  "after the refetch",
  "before the commit",
  "after the commit",
  "after the claim of the mail",
  "after the mail was bound to a vendor",
  "after the vendor took the mail",
  "before the mail is marked sent",
  "after the mail was marked sent",
];

const backend = await startBackend();
const inbox = await inboxOf(backend);
let survivor: Worker;

beforeAll(async () => {
  survivor = await startWorker();
});
afterAll(async () => {
  await survivor?.stop();
  await backend.stop();
});

/** Somebody whose subscription has ended at the vendor, and the webhook that tells of it. */
async function ended() {
  const someone = await inbox.subscriber();
  await backend.stripe.subscriptions.cancel(someone.subscriptionId);
  const webhook = await inbox.webhookOf("customer.subscription.deleted", someone.subscriptionId);
  return { ...someone, webhook };
}

async function expectEndedOnce({ viewer, subscriptionId }: Awaited<ReturnType<typeof ended>>) {
  expect(await inbox.statusOf(subscriptionId)).toBe("CANCELED");
  const told = await backend.rows<{ id: string }>(
    "SELECT id FROM outbox_message WHERE business_key = $1 AND status = 'SENT'",
    [`subscription-ended:${subscriptionId}`],
  );
  expect(told).toHaveLength(1);
  // What reached the vendor: the welcome, and this one.
  const mails = await backend.mails(viewer.email);
  expect(mails).toHaveLength(2);
  expect(mails[0]?.idempotency_key).toBe(told[0]?.id);
  const events = await backend.rows<{ status: string }>(
    "SELECT status FROM webhook_event WHERE object_id = $1",
    [subscriptionId],
  );
  expect(events).toEqual([{ status: "DONE" }]);
}

/** A worker dies of a webhook, its leases end, and the next one does what is left. */
async function dieAndRecover(victim: Worker, webhook: Parameters<typeof inbox.receive>[0]) {
  expect(await inbox.receive(webhook)).toBe(200);
  victim.run();
  expect(await victim.exited).toBe("SIGKILL");

  await inbox.letLeasesEnd();
  survivor.run();
  expect(await inbox.allDone()).toBeLessThan(RECOVERY_MS);
  await survivor.rest();
}

test.each(PLACES)("killed %s: done by the next worker, once", async (at) => {
  const [someone, victim] = await Promise.all([
    ended(),
    startWorker({ role: "work", stop: { at, by: "SIGKILL" } }),
  ]);
  await dieAndRecover(victim, someone.webhook);
  await expectEndedOnce(someone);
});

/** Of the commands that a second subscription makes us send. */
const COMMAND_PLACES: readonly Place[] = [
  "after the vendor ended the second subscription",
  "after the vendor gave its money back",
  "before the mail is marked sent",
];

test.each(COMMAND_PLACES)("a second subscription, killed %s: ended once, given back once", async (at) => {
  const { viewer, customerId, subscriptionId: first } = await inbox.subscriber();
  await inbox.receive(await inbox.webhookOf("customer.subscription.created", first));
  await inbox.pump.run();
  const second = await inbox.subscribe(viewer, customerId);
  const [webhook, victim] = await Promise.all([
    inbox.webhookOf("customer.subscription.created", second),
    startWorker({ role: "work", stop: { at, by: "SIGKILL" } }),
  ]);
  await dieAndRecover(victim, webhook);

  // Begun within one second, either of them may be the one that counts.
  const both = await Promise.all([first, second].map((id) => backend.stripe.subscriptions.retrieve(id)));
  expect(both.map(({ status }) => status).sort()).toEqual(["active", "canceled"]);
  const subscription = both.find(({ status }) => status === "canceled")?.id;
  const { data } = await backend.stripe.invoices.list({ subscription, expand: ["data.payments"] });
  const intents = data.flatMap(({ payments }) =>
    (payments?.data ?? []).map(({ payment }) => String(payment.payment_intent)),
  );
  const refunds = await backend.stripe.refunds.list({ payment_intent: intents[0] ?? "" });
  expect(refunds.data.map(({ amount }) => amount)).toEqual([data[0]?.amount_paid]);
});

test("killed after the insert, before the answer: the vendor sends it again, and it is there once", async () => {
  const [someone, victim] = await Promise.all([
    ended(),
    startWorker({ role: "receive", stop: { at: "after the insert", by: "SIGKILL" } }),
  ]);
  const { headers, body } = someone.webhook;
  const { "content-type": type = "", "stripe-signature": signature = "" } = headers;
  const post = () =>
    fetch(victim.url, {
      method: "POST",
      headers: { "content-type": type, "stripe-signature": signature },
      body,
    });
  await expect(post()).rejects.toThrow();
  expect(await victim.exited).toBe("SIGKILL");
  await eventually("the row of the killed process", async () => {
    const rows = await backend.rows("SELECT id FROM webhook_event WHERE object_id = $1", [
      someone.subscriptionId,
    ]);
    return rows.length === 1;
  });

  expect(await inbox.receive(someone.webhook)).toBe(200);
  survivor.run();
  expect(await inbox.allDone()).toBeLessThan(RECOVERY_MS);
  await survivor.rest();
  await expectEndedOnce(someone);
});
