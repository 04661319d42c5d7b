/**
 * Guards the way to a payment: however often, by however many and over whatever failure a plan is chosen, a workspace
 * has one open payment page, and nobody can pay twice by accident.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import { newViewer, startBackend } from "@/tests/support/backend";
import { resetCircuits } from "@/tests/support/circuits";
import { eventually } from "@/tests/support/poll";
import { payHosted } from "@/tests/support/vendors";

const backend = await startBackend();
const { startCheckout } = await import("@/lib/use-cases/billing/start-checkout");
const { recheckCheckout } = await import("@/lib/use-cases/billing/recheck-checkout");
const { ensureCustomer } = await import("@/lib/sync/ensure-customer");
const { payments } = await import("@/lib/integrations/payments");
const { pollPaymentsEvents } = await import("@/lib/webhooks/poll-events");
const { pump } = await import("@/lib/webhooks/process");
const { PLANS } = await import("@/lib/billing/plans");
const { beginOperation } = await import("@/lib/db/operations");
const { withRequestContext } = await import("@/lib/request-context");

const PRO = { planKey: "pro", interval: "month" } as const;
const TEAM = { planKey: "team", interval: "year" } as const;

beforeAll(async () => {
  await payments().pushCatalogue(Object.values(PLANS));
});
afterEach(async () => {
  await backend.clearFaults();
  await resetCircuits();
});
afterAll(() => backend.stop());

const operations = (viewer: Viewer, kind = "CHECKOUT") =>
  backend.rows<{ id: string; state: string; errorCode: string | null }>(
    `SELECT id, state, error_code AS "errorCode" FROM operation
      WHERE workspace_id = $1 AND kind = $2::operation_kind ORDER BY created_at`,
    [viewer.workspaceId, kind],
  );

async function sessionsOf(viewer: Viewer) {
  const customers = await backend.stripe.customers.list({ email: viewer.email, limit: 100 });
  expect(customers.data.length).toBeLessThanOrEqual(1);
  const customer = customers.data[0];
  return customer
    ? (await backend.stripe.checkout.sessions.list({ customer: customer.id, limit: 100 })).data
    : [];
}

/** As if the process had died an hour ago with the operation open. */
const age = (viewer: Viewer, kind = "CHECKOUT") =>
  backend.rows(
    `UPDATE operation SET created_at = created_at - interval '1 minute'
      WHERE workspace_id = $1 AND kind = $2::operation_kind AND state = 'OPEN'`,
    [viewer.workspaceId, kind],
  );

describe("the vendor's customer of a workspace", () => {
  test("is made once when twenty requests ask at a time", async () => {
    const viewer = await newViewer();
    const ids = await Promise.all(Array.from({ length: 20 }, () => ensureCustomer(viewer)));
    expect(new Set(ids).size).toBe(1);
    const customers = await backend.stripe.customers.list({ email: viewer.email });
    expect(customers.data.map(({ id }) => id)).toEqual([ids[0]]);
    expect(customers.data[0]?.metadata).toMatchObject({ workspace_id: viewer.workspaceId });
    const states = (await operations(viewer, "CREATE_CUSTOMER")).map(({ state }) => state);
    expect(states.filter((state) => state === "SUCCEEDED")).toHaveLength(1);
    expect(states).not.toContain("OPEN");
  });

  // Regression: whoever had looked before the first customer was kept, and began after, made a second one.
  test("is not made by a request that looked too early", async () => {
    const viewer = await newViewer();
    const lock = await backend.connect();
    await lock.query("BEGIN; LOCK TABLE operation IN SHARE ROW EXCLUSIVE MODE");
    const late = ensureCustomer(viewer);
    try {
      await eventually("the request to wait for its operation", async () => {
        const [waiting] = await backend.rows("SELECT 1 FROM pg_locks WHERE NOT granted");
        return waiting !== undefined;
      });
      await backend.rows(
        `INSERT INTO billing_customer (id, workspace_id, provider, mode, account, external_id, updated_at)
         VALUES (gen_random_uuid(), $1, 'stripe', 'SANDBOX', '', 'cus_made_meanwhile', now())`,
        [viewer.workspaceId],
      );
    } finally {
      await lock.query("ROLLBACK");
      lock.release();
    }
    expect(await late).toBe("cus_made_meanwhile");
    expect((await backend.stripe.customers.list({ email: viewer.email })).data).toEqual([]);
    expect(await operations(viewer, "CREATE_CUSTOMER")).toMatchObject([{ state: "EXPIRED" }]);
  });

  test("is found again, not made anew, when the answer to its making was lost", async () => {
    const viewer = await newViewer();
    const failed = backend.withFault(
      { vendor: "stripe", kind: "reset", phase: "body", route: "POST /v1/customers" },
      () => ensureCustomer(viewer),
    );
    await expect(failed).rejects.toMatchObject({ name: "IntegrationError", retryable: true });
    const customerId = await ensureCustomer(viewer);
    const customers = await backend.stripe.customers.list({ email: viewer.email });
    expect(customers.data.map(({ id }) => id)).toEqual([customerId]);
  });

  test("is made when the vendor refused the first time: a stored failure is not replayed", async () => {
    const viewer = await newViewer();
    const failed = backend.withFault(
      { vendor: "stripe", kind: "status", status: 500, route: "POST /v1/customers" },
      () => ensureCustomer(viewer),
    );
    await expect(failed).rejects.toMatchObject({ kind: "unavailable" });
    await expect(ensureCustomer(viewer)).resolves.toMatch(/^cus_/);
  });
});

describe("choosing a plan", () => {
  test("opens one page when twenty clicks come at a time", async () => {
    const viewer = await newViewer();
    const urls = await Promise.all(
      Array.from({ length: 20 }, () => startCheckout({ viewer, choice: PRO }).then(({ url }) => url)),
    );
    expect(new Set(urls).size).toBe(1);
    expect(await operations(viewer)).toMatchObject([{ state: "OPEN" }]);
    const sessions = await sessionsOf(viewer);
    expect(sessions.map(({ url, status }) => ({ url, status }))).toEqual([{ url: urls[0], status: "open" }]);
  });

  test("writes the operation and the workspace where the vendor gives them back", async () => {
    const viewer = await newViewer();
    await startCheckout({ viewer, choice: PRO });
    const [operation] = await operations(viewer);
    const [session] = await sessionsOf(viewer);
    expect(session).toMatchObject({
      mode: "subscription",
      client_reference_id: viewer.workspaceId,
      metadata: { operation_id: operation?.id, workspace_id: viewer.workspaceId },
      success_url: `http://localhost:3999/billing/return?operation=${operation?.id}`,
    });
    const calls = await backend.vendorCalls();
    expect(calls.find(({ idempotencyKey }) => idempotencyKey === operation?.id)).toMatchObject({
      method: "POST",
      path: "/v1/checkout/sessions",
    });
  });

  test("again gives the page that is open already", async () => {
    const viewer = await newViewer();
    const first = await startCheckout({ viewer, choice: PRO });
    expect(await startCheckout({ viewer, choice: PRO })).toEqual(first);
  });

  test("differently closes the earlier page first", async () => {
    const viewer = await newViewer();
    const pro = await startCheckout({ viewer, choice: PRO });
    const team = await startCheckout({ viewer, choice: TEAM });
    expect(team.url).not.toBe(pro.url);
    expect(await payHosted(pro.url)).toBe(410);
    const states = (await operations(viewer)).map(({ state }) => state);
    expect(states).toEqual(["EXPIRED", "OPEN"]);
    const sessions = await sessionsOf(viewer);
    expect(sessions.filter(({ status }) => status === "open").map(({ url }) => url)).toEqual([team.url]);
  });

  test("of two plans at a time never leaves two open pages, and the next choice has one", async () => {
    const viewer = await newViewer();
    const openPages = async () => (await sessionsOf(viewer)).filter(({ status }) => status === "open");
    await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => startCheckout({ viewer, choice: index % 2 ? PRO : TEAM })),
    );
    // They close each other's pages; whoever was last may have given up after closing one.
    expect((await openPages()).length).toBeLessThanOrEqual(1);
    const { url } = await startCheckout({ viewer, choice: TEAM });
    expect((await openPages()).map((session) => session.url)).toEqual([url]);
    expect((await operations(viewer)).filter(({ state }) => state === "OPEN")).toHaveLength(1);
  });

  test("after a lost answer gives the page that was opened all the same", async () => {
    const viewer = await newViewer();
    await ensureCustomer(viewer);
    const failed = backend.withFault(
      { vendor: "stripe", kind: "reset", phase: "body", route: "POST /v1/checkout/sessions" },
      () => startCheckout({ viewer, choice: PRO }),
    );
    await expect(failed).rejects.toMatchObject({ name: "IntegrationError" });
    const { url } = await startCheckout({ viewer, choice: PRO });
    const sessions = await sessionsOf(viewer);
    expect(sessions.map((session) => session.url)).toEqual([url]);
  });

  test("after a lost answer to another plan closes what was opened", async () => {
    const viewer = await newViewer();
    await ensureCustomer(viewer);
    const failed = backend.withFault(
      { vendor: "stripe", kind: "reset", phase: "body", route: "POST /v1/checkout/sessions" },
      () => startCheckout({ viewer, choice: TEAM }),
    );
    await expect(failed).rejects.toMatchObject({ name: "IntegrationError" });
    const { url } = await startCheckout({ viewer, choice: PRO });
    const open = (await sessionsOf(viewer)).filter(({ status }) => status === "open");
    expect(open.map((session) => session.url)).toEqual([url]);
  });

  test("after the vendor failed opens a page under a new key, for the failure may be replayed under the old", async () => {
    const viewer = await newViewer();
    await ensureCustomer(viewer);
    const failed = backend.withFault(
      { vendor: "stripe", kind: "status", status: 500, route: "POST /v1/checkout/sessions" },
      () => startCheckout({ viewer, choice: PRO }),
    );
    await expect(failed).rejects.toMatchObject({ kind: "unavailable" });
    const { url } = await startCheckout({ viewer, choice: PRO });
    expect(url).toContain("/pay/");
    expect((await operations(viewer)).map(({ state }) => state)).toEqual(["EXPIRED", "OPEN"]);
  });

  test("takes up what a process that died left open, with a page and without", async () => {
    const viewer = await newViewer();
    const { url } = await startCheckout({ viewer, choice: PRO });
    // The page was opened; the process died before it kept the answer.
    await backend.rows("UPDATE operation SET result = NULL WHERE workspace_id = $1 AND kind = 'CHECKOUT'", [
      viewer.workspaceId,
    ]);
    await age(viewer);
    expect(await startCheckout({ viewer, choice: PRO })).toEqual({ url });

    const other = await newViewer();
    await ensureCustomer(other);
    // Another died before it had asked the vendor.
    await beginOperation({
      workspaceId: other.workspaceId,
      userId: other.userId,
      kind: "CHECKOUT",
      input: PRO,
    });
    await age(other);
    await startCheckout({ viewer: other, choice: PRO });
    expect((await operations(other)).map(({ state }) => state)).toEqual(["EXPIRED", "OPEN"]);
    expect(await sessionsOf(other)).toHaveLength(1);
  });

  test.each([
    ["the same plan", PRO],
    ["another plan", TEAM],
  ])("of %s after the vendor has lost the open page gives a new one", async (_name, choice) => {
    const viewer = await newViewer();
    await startCheckout({ viewer, choice: PRO });
    await backend.rows(
      `UPDATE operation SET result = jsonb_set(result, '{checkoutId}', '"cs_test_of_another_time"')
        WHERE workspace_id = $1 AND kind = 'CHECKOUT'`,
      [viewer.workspaceId],
    );
    const { url } = await startCheckout({ viewer, choice });
    expect((await fetch(url)).status).toBe(200);
    expect(await operations(viewer)).toMatchObject([{ state: "EXPIRED" }, { state: "OPEN" }]);
  });

  test("does not open a second page beside one that may still be on its way", async () => {
    const viewer = await newViewer();
    await ensureCustomer(viewer);
    await backend.addFault({
      vendor: "stripe",
      kind: "latency",
      latencyMs: 1_500,
      route: "POST /v1/checkout/sessions",
      times: 1,
    });
    const [slow, second] = await Promise.all([
      startCheckout({ viewer, choice: PRO }),
      startCheckout({ viewer, choice: PRO }),
    ]);
    expect(second).toEqual(slow);
    expect(await sessionsOf(viewer)).toHaveLength(1);
  });

  test.each([
    ["customer", "CREATE_CUSTOMER"],
    ["page", "CHECKOUT"],
  ] as const)(
    "waits for a %s that another request makes no longer than its own deadline",
    async (_what, kind) => {
      const viewer = await newViewer();
      const { workspaceId, userId, email } = viewer;
      if (kind === "CHECKOUT") await ensureCustomer(viewer);
      await beginOperation({ workspaceId, userId, kind, input: kind === "CHECKOUT" ? PRO : { email } });
      const startedAt = performance.now();
      const late = withRequestContext({ origin: "interactive", overallMs: 1_500 }, () =>
        startCheckout({ viewer, choice: PRO }),
      );
      await expect(late).rejects.toMatchObject({ code: "conflict" });
      expect(performance.now() - startedAt).toBeLessThan(1_500);
    },
  );

  test("closes the operation when the vendor refuses for good", async () => {
    const viewer = await newViewer();
    await ensureCustomer(viewer);
    const failed = backend.withFault(
      { vendor: "stripe", kind: "status", status: 400, route: "POST /v1/checkout/sessions" },
      () => startCheckout({ viewer, choice: PRO }),
    );
    await expect(failed).rejects.toMatchObject({ kind: "invalid_request" });
    expect(await operations(viewer)).toMatchObject([{ state: "FAILED", errorCode: "invalid_request" }]);
  });

  test("is refused while the workspace has a subscription", async () => {
    const viewer = await newViewer();
    const { url } = await startCheckout({ viewer, choice: PRO });
    expect(await payHosted(url)).toBe(303);
    await pollPaymentsEvents();
    await expect(startCheckout({ viewer, choice: TEAM })).rejects.toMatchObject({ code: "conflict" });
    expect((await operations(viewer)).map(({ state }) => state)).toEqual(["SUCCEEDED"]);
  });

  test("is refused to a request that looked before the subscription was there", async () => {
    const viewer = await newViewer();
    await ensureCustomer(viewer);
    const lock = await backend.connect();
    await lock.query("BEGIN; LOCK TABLE operation IN SHARE ROW EXCLUSIVE MODE");
    const late = startCheckout({ viewer, choice: PRO });
    late.catch(() => undefined);
    try {
      await eventually("the request to wait for its operation", async () => {
        const [waiting] = await backend.rows("SELECT 1 FROM pg_locks WHERE NOT granted");
        return waiting !== undefined;
      });
      await backend.rows(
        `INSERT INTO subscription (id, workspace_id, customer_id, provider, mode, account, external_id, status,
                                   currency, started_at, fence, updated_at)
         SELECT gen_random_uuid(), workspace_id, id, provider, mode, account, 'sub_' || id, 'ACTIVE', 'usd', now(), 1, now()
           FROM billing_customer WHERE workspace_id = $1`,
        [viewer.workspaceId],
      );
    } finally {
      await lock.query("ROLLBACK");
      lock.release();
    }
    await expect(late).rejects.toMatchObject({ code: "conflict" });
    expect(await sessionsOf(viewer)).toEqual([]);
    expect(await operations(viewer)).toMatchObject([{ state: "EXPIRED" }]);
  });

  test("is refused while a payment is made that we have not heard of", async () => {
    const viewer = await newViewer();
    const { url } = await startCheckout({ viewer, choice: PRO });
    await payHosted(url);
    await expect(startCheckout({ viewer, choice: TEAM })).rejects.toMatchObject({ code: "conflict" });
    expect((await sessionsOf(viewer)).filter(({ status }) => status === "open")).toEqual([]);
  });
});

describe("a customer that the vendor has lost", () => {
  test("is replaced when a plan is chosen, and what hung on it stays", async () => {
    const viewer = await newViewer();
    const lost = await ensureCustomer(viewer);
    await backend.stripe.customers.del(lost);
    const { url } = await startCheckout({ viewer, choice: PRO });
    const customers = await backend.rows<{ id: string }>(
      "SELECT external_id AS id FROM billing_customer WHERE workspace_id = $1",
      [viewer.workspaceId],
    );
    expect(customers).toHaveLength(1);
    expect(customers[0]?.id).not.toBe(lost);
    expect(await payHosted(url)).toBe(303);
    await pollPaymentsEvents();
    const row = "SELECT status FROM subscription WHERE workspace_id = $1";
    expect(await backend.rows(row, [viewer.workspaceId])).toEqual([{ status: "ACTIVE" }]);
  });
});

describe("asking to look at a payment again", () => {
  test("goes through the inbox, and grants what was paid", async () => {
    const viewer = await newViewer();
    const { url } = await startCheckout({ viewer, choice: PRO });
    await payHosted(url);
    const [operation] = await operations(viewer);
    await recheckCheckout({ viewer, operationId: operation?.id ?? "" });
    const row = "SELECT status FROM subscription WHERE workspace_id = $1";
    expect(await backend.rows(row, [viewer.workspaceId])).toEqual([]);
    await pump.run();
    expect(await backend.rows(row, [viewer.workspaceId])).toEqual([{ status: "ACTIVE" }]);
  });

  test("changes nothing for a payment that nobody made", async () => {
    const viewer = await newViewer();
    await startCheckout({ viewer, choice: PRO });
    const [operation] = await operations(viewer);
    await recheckCheckout({ viewer, operationId: operation?.id ?? "" });
    await pump.run();
    expect(
      await backend.rows("SELECT 1 FROM subscription WHERE workspace_id = $1", [viewer.workspaceId]),
    ).toEqual([]);
    expect(await operations(viewer)).toMatchObject([{ state: "OPEN" }]);
  });

  test("is nobody else's business", async () => {
    const [owner, stranger] = [await newViewer(), await newViewer()];
    await startCheckout({ viewer: owner, choice: PRO });
    const [operation] = await operations(owner);
    await expect(
      recheckCheckout({ viewer: stranger, operationId: operation?.id ?? "" }),
    ).rejects.toMatchObject({ code: "not_found" });
    const asked = await backend.rows(
      "SELECT 1 FROM webhook_event WHERE type LIKE 'breakwater.%' AND status = 'PENDING'",
    );
    expect(asked).toEqual([]);
  });
});
