/**
 * Guards against resurrection: what the vendor was seen to know no more does not come back by something that was read
 * before, whichever of two transactions begins, and whether or not there was a row.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import type {
  DisputeSnapshot,
  InvoiceSnapshot,
  PaymentSnapshot,
  RefundSnapshot,
  SubscriptionSnapshot,
} from "@/lib/integrations/payments/port";
import { newViewer, startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";
import { withSlowAnswer } from "@/tests/support/slow-answer";

const backend = await startBackend();
const { ensureBillingCustomer, markCustomerDeleted, restoreCustomer } = await import(
  "@/lib/db/billing-customers"
);
const { db } = await import("@/lib/db/client");
const { saveDispute } = await import("@/lib/db/disputes");
const { nextFence } = await import("@/lib/db/fence");
const { removeInvoiceDraft, saveInvoice } = await import("@/lib/db/invoices");
const { savePayment } = await import("@/lib/db/payments");
const { saveRefund } = await import("@/lib/db/refunds");
const { markSubscriptionGone, saveSubscription } = await import("@/lib/db/subscriptions");
const { bury } = await import("@/lib/db/tombstones");
const { syncSubscription } = await import("@/lib/sync/sync-subscription");
const { syncInvoice } = await import("@/lib/sync/sync-invoice");

type Transaction = Parameters<typeof saveSubscription>[0];

let viewer: Viewer;
let billingCustomerId: string;

beforeAll(async () => {
  viewer = await newViewer();
  const { workspaceId } = viewer;
  const row = await db().$transaction((tx) =>
    ensureBillingCustomer(tx, { workspaceId, customerId: "cus_1" }),
  );
  billingCustomerId = row.id;
});
afterAll(() => backend.stop());

const NOW = new Date("2026-11-22T10:00:00Z");

const SUBSCRIPTION: Omit<SubscriptionSnapshot, "id"> = {
  customerId: "cus_1",
  workspaceId: null,
  operationId: null,
  status: "active",
  planKey: "pro",
  interval: "month",
  quantity: 1,
  unitAmount: 1_900,
  currency: "usd",
  currentPeriodStart: NOW,
  currentPeriodEnd: NOW,
  cancelAtPeriodEnd: false,
  cancelAt: null,
  canceledAt: null,
  endedAt: null,
  trialEndsAt: null,
  startedAt: NOW,
  card: null,
};
const INVOICE: Omit<InvoiceSnapshot, "id"> = {
  customerId: "cus_1",
  subscriptionId: null,
  workspaceId: null,
  number: null,
  status: "draft",
  isFirst: false,
  description: null,
  total: 1_900,
  amountPaid: 0,
  amountDue: 1_900,
  currency: "usd",
  attemptCount: 0,
  hostedUrl: null,
  pdfUrl: null,
  issuedAt: NOW,
  paidAt: null,
  finalizationError: null,
};
const MONEY = { customerId: "cus_1", invoiceId: null, amount: 900, currency: "usd", occurredAt: NOW };
const PAYMENT: Omit<PaymentSnapshot, "id"> = {
  ...MONEY,
  workspaceId: null,
  status: "succeeded",
  failureCode: null,
};
const REFUND: Omit<RefundSnapshot, "id"> = { ...MONEY, paymentId: "pi_1", status: "succeeded", reason: null };
const DISPUTE: Omit<DisputeSnapshot, "id"> = {
  ...MONEY,
  paymentId: "pi_1",
  status: "needs_response",
  reason: "fraudulent",
  evidenceDueAt: null,
};

/** How each of them is written and seen to be gone. */
const common = () => ({ workspaceId: viewer.workspaceId, billingCustomerId });
const KINDS = {
  subscription: {
    save: (tx: Transaction, id: string, fence: bigint) =>
      saveSubscription(tx, { ...common(), snapshot: { ...SUBSCRIPTION, id }, fence }),
    gone: async (tx: Transaction, subscriptionId: string, fence: bigint) => {
      await markSubscriptionGone(tx, { subscriptionId, fence, at: NOW });
    },
  },
  invoice: {
    save: (tx: Transaction, id: string, fence: bigint) =>
      saveInvoice(tx, { ...common(), snapshot: { ...INVOICE, id }, fence }),
    gone: async (tx: Transaction, invoiceId: string, fence: bigint) => {
      await removeInvoiceDraft(tx, { invoiceId, fence });
    },
  },
  payment: {
    save: (tx: Transaction, id: string, fence: bigint) =>
      savePayment(tx, { ...common(), snapshot: { ...PAYMENT, id }, fence }),
    gone: (tx: Transaction, externalId: string, fence: bigint) => bury(tx, { externalId, fence }),
  },
  refund: {
    save: (tx: Transaction, id: string, fence: bigint) =>
      saveRefund(tx, { ...common(), snapshot: { ...REFUND, id }, fence }),
    gone: (tx: Transaction, externalId: string, fence: bigint) => bury(tx, { externalId, fence }),
  },
  dispute: {
    save: (tx: Transaction, id: string, fence: bigint) =>
      saveDispute(tx, { ...common(), snapshot: { ...DISPUTE, id }, fence }),
    gone: (tx: Transaction, externalId: string, fence: bigint) => bury(tx, { externalId, fence }),
  },
};
const EACH = Object.keys(KINDS) as (keyof typeof KINDS)[];

const inTransaction = <T>(work: (tx: Transaction) => Promise<T>) =>
  db().$transaction(work, { timeout: 20_000 });

const rowsOf = (kind: keyof typeof KINDS, id: string) =>
  backend.rows<{ status: string }>(`SELECT status FROM ${kind} WHERE external_id = $1`, [id]);

const somebodyWaits = () =>
  eventually("the second transaction to wait", async () => {
    const waiting = await backend.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
    return waiting.length > 0;
  });

/** Two transactions at once: the second begins its work while the first has done its own, and not committed. */
async function interleaved<A, B>(
  first: (tx: Transaction) => Promise<A>,
  second: (tx: Transaction) => Promise<B>,
): Promise<[A, B]> {
  let later: Promise<B> | undefined;
  const earlier = await inTransaction(async (tx) => {
    const result = await first(tx);
    later = inTransaction(second);
    // It may fail before it is looked at below.
    later.catch(() => undefined);
    await somebodyWaits();
    return result;
  });
  if (!later) throw new Error("the second transaction has begun");
  return [earlier, await later];
}

describe.each(EACH)("a %s of which there is no row", (kind) => {
  const { save, gone } = KINDS[kind];

  test("and that was seen to be gone is not written by what was read before", async () => {
    const id = randomUUID();
    const [older, newer] = [await nextFence(), await nextFence()];
    await inTransaction((tx) => gone(tx, id, newer));
    expect(await inTransaction((tx) => save(tx, id, older))).toBeNull();
    expect(await inTransaction((tx) => save(tx, id, newer))).toBeNull();
    expect(await rowsOf(kind, id)).toEqual([]);
  });

  test("and that was read again since is written", async () => {
    const id = randomUUID();
    const [older, newer] = [await nextFence(), await nextFence()];
    await inTransaction((tx) => gone(tx, id, older));
    expect(await inTransaction((tx) => save(tx, id, newer))).toMatchObject({ before: null });
    expect(await rowsOf(kind, id)).toHaveLength(1);
  });

  test("is not written by a transaction that began while the other one buried it", async () => {
    const id = randomUUID();
    const [older, newer] = [await nextFence(), await nextFence()];
    const [, written] = await interleaved(
      (tx) => gone(tx, id, newer),
      (tx) => save(tx, id, older),
    );
    expect(written).toBeNull();
    expect(await rowsOf(kind, id)).toEqual([]);
  });

  test("is told once only, however often it is gone", async () => {
    const id = randomUUID();
    const [older, newer] = [await nextFence(), await nextFence()];
    for (const fence of [newer, older, newer]) await inTransaction((tx) => gone(tx, id, fence));
    const stones = await backend.rows("SELECT fence FROM sync_tombstone WHERE external_id = $1", [id]);
    expect(stones).toEqual([{ fence: String(newer) }]);
  });
});

describe("what is being written while it is seen to be gone", () => {
  test("ends, as a subscription", async () => {
    const id = randomUUID();
    const [older, newer] = [await nextFence(), await nextFence()];
    const { save, gone } = KINDS.subscription;
    const [written] = await interleaved(
      (tx) => save(tx, id, older),
      (tx) => gone(tx, id, newer),
    );
    expect(written).not.toBeNull();
    expect(await rowsOf("subscription", id)).toEqual([{ status: "CANCELED" }]);
  });

  test("is taken out, as the draft of an invoice", async () => {
    const id = randomUUID();
    const [older, newer] = [await nextFence(), await nextFence()];
    const { save, gone } = KINDS.invoice;
    await interleaved(
      (tx) => save(tx, id, older),
      (tx) => gone(tx, id, newer),
    );
    expect(await rowsOf("invoice", id)).toEqual([]);
  });

  test("stays as it is where it was read later", async () => {
    const id = randomUUID();
    const [older, newer] = [await nextFence(), await nextFence()];
    const { save, gone } = KINDS.subscription;
    await interleaved(
      (tx) => save(tx, id, newer),
      (tx) => gone(tx, id, older),
    );
    expect(await rowsOf("subscription", id)).toEqual([{ status: "ACTIVE" }]);
  });
});

describe("two readings of one object that are written at once", () => {
  test.each(EACH)("leave the newer one, as a %s", async (kind) => {
    for (const newerFirst of [true, false]) {
      const id = randomUUID();
      const [older, newer] = [await nextFence(), await nextFence()];
      const order = newerFirst ? [newer, older] : [older, newer];
      const { save } = KINDS[kind];
      await interleaved(
        (tx) => save(tx, id, order[0] ?? 0n),
        (tx) => save(tx, id, order[1] ?? 0n),
      );
      const rows = await backend.rows(`SELECT fence FROM ${kind} WHERE external_id = $1`, [id]);
      expect(rows).toEqual([{ fence: String(newer) }]);
    }
  });
});

test("a customer is taken back by what was read after it was held to be deleted, and by nothing before that", async () => {
  const { workspaceId } = await newViewer();
  const customerId = `cus_${randomUUID()}`;
  const fences = [await nextFence(), await nextFence(), await nextFence()] as const;
  await inTransaction((tx) => ensureBillingCustomer(tx, { workspaceId, customerId }));
  const deleted = await inTransaction((tx) =>
    markCustomerDeleted(tx, { customerId, at: NOW, fence: fences[1] }),
  );
  expect(deleted).toEqual({ workspaceId, isNew: true });
  const restore = (fence: bigint) => inTransaction((tx) => restoreCustomer(tx, { customerId, fence }));
  expect(await restore(fences[0])).toBeNull();
  expect(await restore(fences[1])).toBeNull();
  expect(await restore(fences[2])).toBe(workspaceId);
  expect(await restore(fences[2])).toBeNull();
});

describe("through the vendor", () => {
  test("a subscription that is gone by the time of the second look stays gone when the first answer comes", async () => {
    const customer = await backend.stripe.customers.create({ email: viewer.email });
    const product = await backend.stripe.products.create({ name: "Something" });
    const price = await backend.stripe.prices.create({
      product: product.id,
      currency: "usd",
      unit_amount: 900,
      recurring: { interval: "month" },
    });
    const { id } = await backend.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      default_payment_method: "pm_card_visa",
      metadata: { workspace_id: viewer.workspaceId },
    });
    const heard: (string | undefined)[] = [];
    const finish = async (_tx: unknown, workspaceId?: string) => {
      heard.push(workspaceId);
    };
    await withSlowAnswer(
      `/v1/subscriptions/${id}`,
      () => syncSubscription(id, finish),
      async () => {
        await backend.addFault({
          vendor: "stripe",
          kind: "status",
          status: 404,
          times: 1,
          route: `GET /v1/subscriptions/${id}`,
        });
        await syncSubscription(id, finish);
      },
    );
    expect(await rowsOf("subscription", id)).toEqual([]);
    expect(heard).toEqual([undefined, viewer.workspaceId]);
    // Should the vendor have been wrong, the next look puts that right.
    await syncSubscription(id, finish);
    expect(await rowsOf("subscription", id)).toEqual([{ status: "ACTIVE" }]);
  });

  test("the end of a subscription that is gone is written down with what it was before", async () => {
    const id = `sub_${randomUUID()}`;
    const fence = await nextFence();
    await inTransaction((tx) => KINDS.subscription.save(tx, id, fence));
    await syncSubscription(id, async () => undefined);
    await syncSubscription(id, async () => undefined);
    const entries = await backend.rows<{ detail: unknown }>(
      "SELECT detail FROM audit_log WHERE action = 'subscription.gone' AND detail->>'subscriptionId' = $1",
      [id],
    );
    expect(entries).toMatchObject([
      { detail: { before: { status: "active", endedAt: null }, after: { status: "canceled" } } },
    ]);
  });

  test("an invoice that is gone leaves what was issued, and takes out the draft", async () => {
    const [draft, issued] = [`in_${randomUUID()}`, `in_${randomUUID()}`];
    const fence = await nextFence();
    await inTransaction((tx) => KINDS.invoice.save(tx, draft, fence));
    await inTransaction((tx) =>
      saveInvoice(tx, { ...common(), snapshot: { ...INVOICE, id: issued, status: "paid" }, fence }),
    );
    for (const id of [draft, issued]) await syncInvoice(id, async () => undefined);
    expect(await rowsOf("invoice", draft)).toEqual([]);
    expect(await rowsOf("invoice", issued)).toEqual([{ status: "PAID" }]);
  });
});
