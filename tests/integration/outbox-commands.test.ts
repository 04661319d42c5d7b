/**
 * Guards the commands to the payments vendor: told until it is known that they were carried out, and carried out once,
 * also where the vendor did it and its answer was lost, and where it has forgotten by now that it was told.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { newViewer, startBackend } from "@/tests/support/backend";
import { openCircuit, resetCircuits } from "@/tests/support/circuits";
import { runBatch } from "@/tests/support/run-batch";

const backend = await startBackend();
const { PLANS } = await import("@/lib/billing/plans");
const { db } = await import("@/lib/db/client");
const { claimOutboxMessages } = await import("@/lib/db/outbox");
const { payments } = await import("@/lib/integrations/payments");
const { outboxSource } = await import("@/lib/outbox/deliver");
const { enqueueCancelDuplicate, enqueueCancelSubscription, enqueueExpireCheckout } = await import(
  "@/lib/outbox/enqueue"
);
const { ensureCustomer } = await import("@/lib/sync/ensure-customer");
const { withRequestContext } = await import("@/lib/request-context");

let callsBefore = 0;
let price = "";
beforeAll(async () => {
  await payments().pushCatalogue(Object.values(PLANS));
  const { data } = await backend.stripe.prices.list({ lookup_keys: ["pro_month"] });
  price = data[0]?.id ?? "";
  await resetCircuits();
});
afterEach(async () => {
  await backend.clearFaults();
  await resetCircuits();
  await backend.rows("DELETE FROM outbox_message");
});
afterAll(() => backend.stop());

const work = () => runBatch(outboxSource);

async function newSubscription(): Promise<{ subscriptionId: string; workspaceId: string }> {
  const viewer = await newViewer();
  const { workspaceId } = viewer;
  const { id } = await backend.stripe.subscriptions.create({
    customer: await ensureCustomer(viewer),
    items: [{ price }],
    default_payment_method: "pm_card_visa",
    metadata: { workspace_id: workspaceId },
  });
  // The welcome mail is nothing to these tests.
  await backend.rows("DELETE FROM outbox_message");
  callsBefore = (await backend.vendorCalls()).length;
  return { subscriptionId: id, workspaceId };
}

interface Row {
  status: string;
  attempts: number;
  provider: string | null;
  externalId: string | null;
  workspaceId: string | null;
  eventId: string | null;
  lastError: string | null;
}
const rows = () =>
  backend.rows<Row>(
    `SELECT status, attempts, provider, external_id AS "externalId", workspace_id AS "workspaceId",
            event_id AS "eventId", last_error AS "lastError" FROM outbox_message ORDER BY created_at`,
  );
async function passTime(by: string) {
  await backend.rows(
    `UPDATE outbox_message SET created_at = created_at - $1::interval, bound_at = bound_at - $1::interval,
            next_attempt_at = now() WHERE status = 'PENDING'`,
    [by],
  );
}
/** Calls of this test alone that write. */
const tellings = async () =>
  (await backend.vendorCalls())
    .slice(callsBefore)
    .filter(({ vendor, method }) => vendor === "stripe" && method !== "GET");
const statusOf = async (id: string) => (await backend.stripe.subscriptions.retrieve(id)).status;

const CANCEL = "DELETE /v1/subscriptions/*";
const loseAnswer = (route: string) =>
  backend.addFault({ vendor: "stripe", kind: "reset", phase: "body", route, times: 1 });
const loseCommand = (route: string) =>
  backend.addFault({ vendor: "stripe", kind: "reset", phase: "headers", route, times: 1 });

describe("the subscription of a deleted workspace", () => {
  test("is ended once, however often that is enqueued, and its cause is written beside it", async () => {
    const { subscriptionId, workspaceId } = await newSubscription();
    const eventId = "0192f0c1-0000-7000-8000-00000000000e";
    await withRequestContext({ origin: "background", eventId }, async () => {
      await enqueueCancelSubscription(db(), { subscriptionId, workspaceId });
      await enqueueCancelSubscription(db(), { subscriptionId, workspaceId });
    });
    expect(await rows()).toMatchObject([{ status: "PENDING", workspaceId, eventId }]);
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", provider: "stripe", externalId: subscriptionId }]);
    expect(await statusOf(subscriptionId)).toBe("canceled");
    expect(await tellings()).toHaveLength(1);
    expect((await backend.stripe.refunds.list({ limit: 100 })).data).toEqual([]);
  });

  test.each([
    ["was ended, and the answer lost", loseAnswer],
    ["was not ended: the command was lost", loseCommand],
  ])("is told again under the same key while the vendor knows it: it %s", async (_name, lose) => {
    const { subscriptionId, workspaceId } = await newSubscription();
    await enqueueCancelSubscription(db(), { subscriptionId, workspaceId });
    await lose(CANCEL);
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: "stripe", attempts: 1 }]);
    await passTime("22 hours");
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", attempts: 2 }]);
    expect(await statusOf(subscriptionId)).toBe("canceled");
    const keys = (await tellings()).map(({ idempotencyKey }) => idempotencyKey);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  test("is asked for rather than told again once the vendor may have forgotten the key: it had ended", async () => {
    const { subscriptionId, workspaceId } = await newSubscription();
    await enqueueCancelSubscription(db(), { subscriptionId, workspaceId });
    await loseAnswer(CANCEL);
    await work();
    await passTime("23 hours 1 minute");
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", externalId: subscriptionId, attempts: 2 }]);
    expect(await tellings()).toHaveLength(1);
  });

  test("and is told again where the answer is that it had not", async () => {
    const { subscriptionId, workspaceId } = await newSubscription();
    await enqueueCancelSubscription(db(), { subscriptionId, workspaceId });
    await loseCommand(CANCEL);
    await work();
    await passTime("23 hours 1 minute");
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", attempts: 2 }]);
    expect(await statusOf(subscriptionId)).toBe("canceled");
    expect(await tellings()).toHaveLength(2);
  });

  test("stays where it is while the vendor cannot be asked", async () => {
    const { subscriptionId, workspaceId } = await newSubscription();
    await enqueueCancelSubscription(db(), { subscriptionId, workspaceId });
    await loseAnswer(CANCEL);
    await work();
    await passTime("23 hours 1 minute");
    await backend.addFault({
      vendor: "stripe",
      kind: "status",
      status: 503,
      route: "GET /v1/subscriptions/*",
    });
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: "stripe" }]);
    expect(await tellings()).toHaveLength(1);
  });

  test("is not bound to the vendor by a command that never reached it", async () => {
    const { subscriptionId, workspaceId } = await newSubscription();
    await enqueueCancelSubscription(db(), { subscriptionId, workspaceId });
    await openCircuit("stripe");
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: null, attempts: 0 }]);
    expect(await tellings()).toEqual([]);
  });

  test("that another vendor may have been told of is left to a person", async () => {
    const { subscriptionId, workspaceId } = await newSubscription();
    await enqueueCancelSubscription(db(), { subscriptionId, workspaceId });
    await backend.rows("UPDATE outbox_message SET provider = 'pigeons', bound_at = now()");
    await work();
    expect(await rows()).toMatchObject([{ status: "DEAD", provider: "pigeons" }]);
    expect(await statusOf(subscriptionId)).toBe("active");
  });

  test("hands nothing over when the lease was lost", async () => {
    const { subscriptionId, workspaceId } = await newSubscription();
    await enqueueCancelSubscription(db(), { subscriptionId, workspaceId });
    const [claimed] = await claimOutboxMessages(1, 60_000);
    if (!claimed) throw new Error("the command is due");
    await backend.rows("UPDATE outbox_message SET lease_token = gen_random_uuid()");
    await expect(outboxSource.process(claimed)).rejects.toThrow("lost the lease");
    expect(await tellings()).toEqual([]);
  });
});

describe("a subscription beside the one that is kept", () => {
  test.each([
    ["ended", CANCEL],
    ["paid back", "POST /v1/refunds"],
  ])(
    "is ended and paid back once, although the answer to its being %s was lost for a day",
    async (_name, route) => {
      const [kept, duplicate] = [await newSubscription(), await newSubscription()];
      await enqueueCancelDuplicate(db(), {
        subscriptionId: duplicate.subscriptionId,
        keptSubscriptionId: kept.subscriptionId,
        workspaceId: duplicate.workspaceId,
      });
      await loseAnswer(route);
      await work();
      expect(await rows()).toMatchObject([{ status: "PENDING", provider: "stripe" }]);
      await passTime("25 hours");
      await work();
      expect(await rows()).toMatchObject([{ status: "SENT", workspaceId: duplicate.workspaceId }]);
      expect(await statusOf(duplicate.subscriptionId)).toBe("canceled");
      expect(await statusOf(kept.subscriptionId)).toBe("active");
      const { customer } = await backend.stripe.subscriptions.retrieve(duplicate.subscriptionId);
      const charges = await backend.stripe.charges.list({ customer: String(customer) });
      expect(charges.data.map(({ amount, amount_refunded: refunded }) => refunded === amount)).toEqual([
        true,
      ]);
      expect(
        (await tellings()).map(({ path }) => path).filter((path) => path === "/v1/refunds"),
      ).toHaveLength(1);
    },
  );

  const pair = async () => {
    const [kept, duplicate] = [await newSubscription(), await newSubscription()];
    const { subscriptionId, workspaceId } = duplicate;
    const { subscriptionId: keptSubscriptionId } = kept;
    await enqueueCancelDuplicate(db(), { subscriptionId, keptSubscriptionId, workspaceId });
    return { subscriptionId, keptSubscriptionId };
  };
  const refundsOf = async (subscriptionId: string) => {
    const { customer } = await backend.stripe.subscriptions.retrieve(subscriptionId);
    const charges = await backend.stripe.charges.list({ customer: String(customer) });
    return charges.data.map(({ amount, amount_refunded: refunded }) => refunded === amount);
  };

  test.each([
    ["is refused", "POST /v1/refunds", 400],
    ["fails", "POST /v1/refunds", 503],
    ["is not come to", "GET /v1/invoices", 429],
  ])(
    "that was ended is paid back in the end, although that %s and the kept one ends meanwhile",
    async (_name, route, status) => {
      const { subscriptionId, keptSubscriptionId } = await pair();
      await backend.addFault({ vendor: "stripe", kind: "status", status, route });
      await work();
      expect(await statusOf(subscriptionId)).toBe("canceled");
      expect(await refundsOf(subscriptionId)).toEqual([false]);
      await backend.clearFaults();
      await resetCircuits();
      await backend.stripe.subscriptions.cancel(keptSubscriptionId);
      // Tried again in its turn, or by an operator where it was given up.
      await backend.rows("UPDATE outbox_message SET status = 'PENDING', next_attempt_at = now()");
      await work();
      expect(await rows()).toMatchObject([{ status: "SENT" }]);
      expect(await refundsOf(subscriptionId)).toEqual([true]);
      expect(await refundsOf(keptSubscriptionId)).toEqual([false]);
    },
  );

  test("stays where the kept one has ended before it", async () => {
    const { subscriptionId, keptSubscriptionId } = await pair();
    await backend.stripe.subscriptions.cancel(keptSubscriptionId);
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT" }]);
    expect(await statusOf(subscriptionId)).toBe("active");
    // Its customer ends it in good time; nobody is to pay that back, however often the message is done again.
    await backend.stripe.subscriptions.cancel(subscriptionId);
    await backend.rows("UPDATE outbox_message SET status = 'PENDING', next_attempt_at = now()");
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT" }]);
    expect(await refundsOf(subscriptionId)).toEqual([false]);
  });

  test("needs nothing where the vendor does not know it", async () => {
    const { subscriptionId: keptSubscriptionId } = await newSubscription();
    await enqueueCancelDuplicate(db(), { subscriptionId: "sub_of_nobody", keptSubscriptionId });
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT" }]);
    expect(await tellings()).toEqual([]);
  });
});

describe("a payment page that nobody needs", () => {
  test("is closed once, also when the answer was lost for a day", async () => {
    const viewer = await newViewer();
    const operationId = crypto.randomUUID();
    const { id: checkoutId } = await payments().createCheckout({
      ...{ operationId, workspaceId: viewer.workspaceId, customerId: await ensureCustomer(viewer) },
      ...{ planKey: "pro", interval: "month", expiresAt: new Date(Date.now() + 3_600_000) },
      ...{ successUrl: "http://localhost:3999/", cancelUrl: "http://localhost:3999/" },
    });
    await backend.rows("DELETE FROM outbox_message");
    callsBefore = (await backend.vendorCalls()).length;
    await enqueueExpireCheckout(db(), { checkoutId, operationId });
    await loseAnswer("POST /v1/checkout/sessions/*/expire");
    await work();
    expect(await rows()).toMatchObject([{ status: "PENDING", provider: "stripe" }]);
    await passTime("25 hours");
    await work();
    expect(await rows()).toMatchObject([{ status: "SENT", externalId: checkoutId }]);
    expect((await payments().getCheckout(checkoutId))?.state).toBe("expired");
    expect(await tellings()).toHaveLength(1);
  });
});
