/**
 * Guards paying customers against a key of another account: it knows nothing of ours, and that is no reason to end
 * anything. A stand-in that was reset is another matter.
 */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import { newViewer, startBackend } from "@/tests/support/backend";

const backend = await startBackend();
const { alertsSettled } = await import("@/lib/alerts/raise-alert");
const { payments } = await import("@/lib/integrations/payments");
const { requestSync } = await import("@/lib/sync/request-sync");
const { syncCustomer } = await import("@/lib/sync/sync-customer");
const { syncSubscription } = await import("@/lib/sync/sync-subscription");
const { pump } = await import("@/lib/webhooks/process");

const nothing = async () => {};
/** As a process with a real key would be; its rows stay those of the stand-in, which it calls. */
const inMode = (mode: "sandbox" | "test" | "live") => Object.assign(payments().scope, { mode });

beforeEach(() => inMode("live"));
afterEach(async () => {
  await alertsSettled();
  inMode("sandbox");
});
afterAll(() => backend.stop());

/** A workspace that pays, as far as we know; the vendor knows at most its customer. */
async function subscribed(customerId: string, status = "ACTIVE") {
  const viewer: Viewer = await newViewer();
  const id = `sub_${randomUUID()}`;
  await backend.rows(
    `WITH customer AS (
       INSERT INTO billing_customer (id, workspace_id, provider, mode, external_id, updated_at)
       VALUES (gen_random_uuid(), $1, 'stripe', 'SANDBOX', $2, now()) RETURNING id
     )
     INSERT INTO subscription (id, workspace_id, customer_id, provider, mode, external_id, status, plan_key, currency,
                               started_at, fence, updated_at)
     SELECT gen_random_uuid(), $1, id, 'stripe', 'SANDBOX', $3, $4::subscription_status, 'pro', 'usd', now(), 0, now()
       FROM customer`,
    [viewer.workspaceId, customerId, id, status],
  );
  return { viewer, id, customerId };
}
const nobody = () => `cus_${randomUUID()}`;
const known = async () =>
  (await backend.stripe.customers.create({ email: `${randomUUID()}@example.com` })).id;
const deleted = async () => {
  const id = await known();
  await backend.stripe.customers.del(id);
  return id;
};

const statusOf = async (id: string) =>
  (await backend.rows<{ status: string }>("SELECT status FROM subscription WHERE external_id = $1", [id]))[0]
    ?.status;

test("a subscription that is gone has not ended, where its customer is unknown too: people are told", async () => {
  const { id } = await subscribed(nobody());
  await expect(syncSubscription(id, nothing)).rejects.toMatchObject({ code: "unavailable" });
  expect(await statusOf(id)).toBe("ACTIVE");
  await alertsSettled();
  const told = await backend.rows("SELECT cause, severity FROM alert");
  expect(told).toEqual([{ cause: "other-account:stripe:live", severity: "CRITICAL" }]);
});

test("the inbox goes on asking meanwhile, and uses up no attempt", async () => {
  const { id } = await subscribed(nobody());
  await requestSync("subscription", id);
  await pump.run();
  const [row] = await backend.rows(
    "SELECT status, attempts, next_attempt_at > now() AS later FROM webhook_event WHERE object_id = $1",
    [id],
  );
  expect(row).toEqual({ status: "PENDING", attempts: 0, later: true });
  expect(await statusOf(id)).toBe("ACTIVE");
});

test("nor is the customer of a live subscription held to be deleted", async () => {
  const { id, customerId } = await subscribed(nobody());
  await expect(syncCustomer(customerId, nothing)).rejects.toMatchObject({ code: "unavailable" });
  const [row] = await backend.rows("SELECT deleted_at FROM billing_customer WHERE external_id = $1", [
    customerId,
  ]);
  expect(row).toEqual({ deleted_at: null });
  expect(await statusOf(id)).toBe("ACTIVE");
});

test.each([
  ["knows its customer", known],
  ["says that its customer was deleted", deleted],
])("one that is gone has ended, where the vendor %s", async (_what, customer) => {
  const { id } = await subscribed(await customer());
  await syncSubscription(id, nothing);
  expect(await statusOf(id)).toBe("CANCELED");
});

test("of one that has ended nothing is asked", async () => {
  const { id } = await subscribed(nobody(), "CANCELED");
  await syncSubscription(id, nothing);
  expect(await statusOf(id)).toBe("CANCELED");
});

test("a stand-in that was reset is believed", async () => {
  inMode("sandbox");
  const { id } = await subscribed(nobody());
  await syncSubscription(id, nothing);
  expect(await statusOf(id)).toBe("CANCELED");
});
