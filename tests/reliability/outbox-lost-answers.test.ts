/**
 * Guards against doing a thing twice because its answer was lost: each write to a vendor is carried out there, the
 * answer is cut off, and what follows ends with exactly one object, one refund, one mail.
 */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import { newViewer, startBackend } from "@/tests/support/backend";
import { openCircuit, resetCircuits } from "@/tests/support/circuits";
import { eventually } from "@/tests/support/poll";
import type { FaultInput } from "@/tests/support/vendors";

const backend = await startBackend({ EMAIL_FALLBACK_PROVIDER: "sendgrid" });
const { PLANS } = await import("@/lib/billing/plans");
const { db } = await import("@/lib/db/client");
const { payments } = await import("@/lib/integrations/payments");
const { enqueueCancelDuplicate, enqueueCancelSubscription, enqueueExpireCheckout, enqueueMail } =
  await import("@/lib/outbox/enqueue");
const { withRequestContext } = await import("@/lib/request-context");
const { ensureCustomer } = await import("@/lib/sync/ensure-customer");
const { syncSubscription } = await import("@/lib/sync/sync-subscription");
const { cancelSubscription } = await import("@/lib/use-cases/billing/cancel-subscription");
const { changePlan } = await import("@/lib/use-cases/billing/change-plan");
const { startCheckout } = await import("@/lib/use-cases/billing/start-checkout");
const { pump } = await import("@/lib/webhooks/process");

const PRO = { planKey: "pro", interval: "month" } as const;
const TEAM = { planKey: "team", interval: "month" } as const;
/** So long an operation's maker may still be alive. */
const ABANDONED = "90 seconds";

let proPrice: string;
beforeAll(async () => {
  await payments().pushCatalogue(Object.values(PLANS));
  const prices = await backend.stripe.prices.list({ lookup_keys: ["pro_month"] });
  proPrice = prices.data[0]?.id ?? "";
});
afterEach(async () => {
  await backend.clearFaults();
  await resetCircuits();
});
afterAll(() => backend.stop());

/** Carried out, and the answer is cut off in its middle. */
const unheard = (route: string, vendor: FaultInput["vendor"] = "stripe"): FaultInput => ({
  vendor,
  kind: "reset",
  phase: "body",
  route,
});

/** As an action runs, with all of its attempts unheard. */
const asAction = <T>(work: () => Promise<T>) =>
  withRequestContext({ origin: "interactive", overallMs: 10_000 }, work);

async function subscribe(viewer: Viewer): Promise<string> {
  const customer = await ensureCustomer(viewer);
  const { id } = await backend.stripe.subscriptions.create({
    customer,
    items: [{ price: proPrice }],
    default_payment_method: "pm_card_visa",
    metadata: { workspace_id: viewer.workspaceId },
  });
  return id;
}

async function subscriber(): Promise<{ viewer: Viewer; subscriptionId: string }> {
  const viewer = await newViewer();
  const subscriptionId = await subscribe(viewer);
  await syncSubscription(subscriptionId, async () => undefined);
  return { viewer, subscriptionId };
}

/** Lets whatever waits be due, and does it, until nothing waits. */
async function workOff(): Promise<void> {
  await eventually("everything to be done", async () => {
    for (const table of ["webhook_event", "outbox_message"])
      await backend.rows(`UPDATE ${table} SET next_attempt_at = now() WHERE status = 'PENDING'`);
    await backend.rows(
      `UPDATE operation SET created_at = now() - interval '${ABANDONED}' WHERE state = 'OPEN'`,
    );
    await backend.rows(`UPDATE outbox_message SET bound_at = bound_at - interval '10 minutes',
      created_at = created_at - interval '10 minutes' WHERE status = 'PENDING'`);
    await pump.run();
    const [left] = await backend.rows<{ count: string }>(
      `SELECT (SELECT count(*) FROM webhook_event WHERE status = 'PENDING')
            + (SELECT count(*) FROM outbox_message WHERE status = 'PENDING') AS count`,
    );
    return left?.count === "0";
  });
}

const mailsOf = async (viewer: Viewer, businessKey: string) => {
  const rows = await backend.rows<{ id: string }>(
    "SELECT id FROM outbox_message WHERE business_key LIKE $1",
    [businessKey],
  );
  const ids = rows.map(({ id }) => id);
  const mails = await backend.mails(viewer.email);
  return mails.filter(({ idempotency_key, tags }) =>
    ids.some((id) => id === idempotency_key || Object.values(tags).includes(id)),
  );
};

test("createCustomer: one customer", async () => {
  const viewer = await newViewer();
  await expect(
    backend.withFault(unheard("POST /v1/customers"), () => asAction(() => ensureCustomer(viewer))),
  ).rejects.toThrow();
  await resetCircuits();
  const customerId = await asAction(() => ensureCustomer(viewer));
  const { data } = await backend.stripe.customers.list({ email: viewer.email });
  expect(data.map(({ id }) => id)).toEqual([customerId]);
});

test("createCheckout: one payment page", async () => {
  const viewer = await newViewer();
  const customer = await ensureCustomer(viewer);
  const start = () => asAction(() => startCheckout({ viewer, choice: PRO }));
  await expect(backend.withFault(unheard("POST /v1/checkout/sessions"), start)).rejects.toThrow();
  await resetCircuits();
  const { url } = await start();
  const { data } = await backend.stripe.checkout.sessions.list({ customer });
  expect(data.map((session) => session.url)).toEqual([url]);
});

test("changePlan: changed once, invoiced once", async () => {
  const { viewer, subscriptionId } = await subscriber();
  const outcome = await backend.withFault(unheard("POST /v1/subscriptions/*"), () =>
    asAction(() => changePlan({ viewer, choice: TEAM })),
  );
  expect(outcome).toBe("checking");
  await resetCircuits();
  await workOff();
  expect(await payments().getSubscription(subscriptionId)).toMatchObject({ planKey: "team" });
  expect(
    await backend.rows("SELECT plan_key AS plan FROM subscription WHERE external_id = $1", [subscriptionId]),
  ).toEqual([{ plan: "team" }]);
  // Of its beginning, and of the difference.
  expect((await backend.stripe.invoices.list({ subscription: subscriptionId })).data).toHaveLength(2);
});

test("setCancelAtPeriodEnd: cancelled once, and one mail says so", async () => {
  const { viewer, subscriptionId } = await subscriber();
  const outcome = await backend.withFault(unheard("POST /v1/subscriptions/*"), () =>
    asAction(() => cancelSubscription({ viewer })),
  );
  expect(outcome).toBe("checking");
  await resetCircuits();
  await workOff();
  expect(await payments().getSubscription(subscriptionId)).toMatchObject({ cancelAtPeriodEnd: true });
  expect(await mailsOf(viewer, `subscription-cancelled:${subscriptionId}:%`)).toHaveLength(1);
});

test.each([["DELETE /v1/subscriptions/*"], ["POST /v1/refunds"]])(
  "cancelAndRefund, its %s unheard: ended once, given back once",
  async (route) => {
    const { viewer, subscriptionId: kept } = await subscriber();
    const second = await subscribe(viewer);
    await enqueueCancelDuplicate(db(), { subscriptionId: second, keptSubscriptionId: kept });
    await backend.withFault(unheard(route), () => pump.run());
    await resetCircuits();
    await workOff();
    expect(await backend.stripe.subscriptions.retrieve(second)).toMatchObject({ status: "canceled" });
    expect(await backend.stripe.subscriptions.retrieve(kept)).toMatchObject({ status: "active" });
    const { data } = await backend.stripe.invoices.list({ subscription: second, expand: ["data.payments"] });
    const intents = data.flatMap(({ payments: paid }) =>
      (paid?.data ?? []).map(({ payment }) => String(payment.payment_intent)),
    );
    expect(intents).toHaveLength(1);
    const refunds = await backend.stripe.refunds.list({ payment_intent: intents[0] ?? "" });
    expect(refunds.data.map(({ amount }) => amount)).toEqual([data[0]?.amount_paid]);
  },
);

test("cancelSubscription: ended once, nothing given back", async () => {
  const { viewer, subscriptionId } = await subscriber();
  const { workspaceId } = viewer;
  const before = (await backend.stripe.refunds.list()).data.length;
  await enqueueCancelSubscription(db(), { subscriptionId, workspaceId });
  await backend.withFault(unheard("DELETE /v1/subscriptions/*"), () => pump.run());
  await resetCircuits();
  await workOff();
  expect(await backend.stripe.subscriptions.retrieve(subscriptionId)).toMatchObject({ status: "canceled" });
  const ends = await backend.stripe.events.list({ type: "customer.subscription.deleted", limit: 100 });
  const ofThis = ends.data.filter(
    (event) => event.type === "customer.subscription.deleted" && event.data.object.id === subscriptionId,
  );
  expect(ofThis).toHaveLength(1);
  expect((await backend.stripe.refunds.list()).data).toHaveLength(before);
});

test("expireCheckout: closed once", async () => {
  const viewer = await newViewer();
  await startCheckout({ viewer, choice: PRO });
  const [checkout] = await backend.rows<{ id: string; checkoutId: string }>(
    `SELECT id, result->>'checkoutId' AS "checkoutId" FROM operation
      WHERE workspace_id = $1 AND kind = 'CHECKOUT'`,
    [viewer.workspaceId],
  );
  if (!checkout) throw new Error("there is an open checkout");
  const { id: operationId, checkoutId } = checkout;
  await enqueueExpireCheckout(db(), { checkoutId, operationId });
  await backend.withFault(unheard("POST /v1/checkout/sessions/*/expire"), () => pump.run());
  await resetCircuits();
  await workOff();
  expect(await backend.stripe.checkout.sessions.retrieve(checkoutId)).toMatchObject({ status: "expired" });
  const told = await backend.stripe.events.list({ type: "checkout.session.expired", limit: 100 });
  const ofThis = told.data.filter(
    (event) => event.type === "checkout.session.expired" && event.data.object.id === checkoutId,
  );
  expect(ofThis).toHaveLength(1);
  expect(
    await backend.rows("SELECT status FROM outbox_message WHERE business_key LIKE 'expire-checkout:%'"),
  ).toEqual([{ status: "SENT" }]);
});

test.each([
  ["resend", "POST /emails"],
  ["sendgrid", "POST /v3/mail/send"],
] as const)("a mail at %s: arrives once", async (vendor, route) => {
  // The second vendor has its turn while the first one's breaker is open.
  if (vendor === "sendgrid") await openCircuit("resend");
  const to = `${randomUUID()}@example.com`;
  const businessKey = randomUUID();
  await enqueueMail(db(), {
    businessKey,
    mail: {
      from: "Breakwater <hello@breakwater.example>",
      to,
      subject: "A subject",
      html: "<p>Some words</p>",
      text: "Some words",
      category: "receipt",
    },
  });
  await backend.withFault({ ...unheard(route, vendor), times: 1 }, () => pump.run());
  const [unknown] = await backend.rows(
    "SELECT status, provider FROM outbox_message WHERE business_key = $1",
    [businessKey],
  );
  expect(unknown).toMatchObject({ provider: vendor });
  await resetCircuits();
  await workOff();
  const [sent] = await backend.rows("SELECT status, provider FROM outbox_message WHERE business_key = $1", [
    businessKey,
  ]);
  expect(sent).toEqual({ status: "SENT", provider: vendor });
  const mails = await backend.mails(to);
  expect(mails.map(({ provider }) => provider)).toEqual([vendor]);
});
