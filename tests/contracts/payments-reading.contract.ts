/** The part of the payments contract that is about money outside of invoices, and about lists. */
import { describe, expect, test } from "vitest";
import { PLANS } from "@/lib/billing/plans";
import type { ListPage } from "@/lib/integrations/payments/port";
import { type Get, newCustomer, subscribed } from "./payments-vendor";

export function describeMoney(get: Get): void {
  describe("a payment", () => {
    test("without an invoice says who paid what", async () => {
      const { customerId } = await newCustomer(get());
      const { paymentId } = await get().payAlone(customerId, "works");
      expect(await get().provider.getPayment(paymentId)).toMatchObject({
        id: paymentId,
        customerId,
        invoiceId: null,
        workspaceId: null,
        status: "succeeded",
        amount: 1_500,
        currency: "usd",
        failureCode: null,
        occurredAt: expect.any(Date),
      });
    });

    test("that the bank refused says why, in the vendor's code", async () => {
      const { customerId } = await newCustomer(get());
      const { paymentId } = await get().payAlone(customerId, "refused");
      expect(await get().provider.getPayment(paymentId)).toMatchObject({
        status: "failed",
        failureCode: expect.stringMatching(/^[a-z_]+$/),
      });
    });

    test("of nobody whom the vendor knows has no customer", async () => {
      const { paymentId } = await get().payAlone(null, "works");
      expect(await get().provider.getPayment(paymentId)).toMatchObject({ customerId: null });
    });

    test("of an invoice names it", async () => {
      const { input } = await subscribed(get());
      const { paymentId, invoiceId } = await get().paymentOfInvoice(input.customerId);
      expect(await get().provider.getPayment(paymentId)).toMatchObject({
        customerId: input.customerId,
        invoiceId,
        status: "succeeded",
        amount: PLANS.pro.prices?.month.amount,
      });
    });
  });

  describe("money that goes back", () => {
    test("says of which payment and whose it is", async () => {
      const { customerId } = await newCustomer(get());
      const { paymentId } = await get().payAlone(customerId, "works");
      const { refundId } = await get().giveBack(paymentId, 400);
      expect(await get().provider.getRefund(refundId)).toMatchObject({
        id: refundId,
        customerId,
        paymentId,
        status: "succeeded",
        amount: 400,
        currency: "usd",
        reason: null,
        occurredAt: expect.any(Date),
      });
    });

    test("because the bank takes it says until when an answer counts", async () => {
      const { customerId } = await newCustomer(get());
      const { paymentId } = await get().payAlone(customerId, "disputed");
      const { disputeId } = await get().disputeOf(paymentId);
      expect(await get().provider.getDispute(disputeId)).toMatchObject({
        id: disputeId,
        customerId,
        paymentId,
        status: "needs_response",
        amount: 1_500,
        currency: "usd",
        reason: expect.any(String),
        evidenceDueAt: expect.any(Date),
        occurredAt: expect.any(Date),
      });
    });
  });
}

const PAGES_AT_MOST = 50;

/** Every page of a list. */
async function readAll<T>(read: (cursor: string | null) => Promise<ListPage<T>>): Promise<T[][]> {
  const pages: T[][] = [];
  let cursor: string | null = null;
  do {
    const page: ListPage<T> = await read(cursor);
    pages.push(page.items);
    cursor = page.next;
  } while (cursor !== null && pages.length < PAGES_AT_MOST);
  return pages;
}

export function describeLists(get: Get): void {
  describe("a list", () => {
    test("of customers goes on page after page, each customer once, without those that were deleted", async () => {
      const made: string[] = [];
      for (let batch = 0; batch < 11; batch += 1) {
        const some = await Promise.all(Array.from({ length: 10 }, () => newCustomer(get())));
        made.push(...some.map(({ customerId }) => customerId));
      }
      const deleted = made.pop() ?? "";
      await get().deleteCustomer(deleted);
      const pages = await readAll((cursor) => get().provider.listCustomersPage({ cursor }));
      const ids = pages.flat().map(({ id }) => id);
      expect(pages.length).toBeGreaterThan(1);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(expect.arrayContaining(made));
      expect(ids).not.toContain(deleted);
    });

    test("of customers names the workspaces", async () => {
      const { customerId } = await newCustomer(get());
      const page = await get().provider.listCustomersPage({ cursor: null });
      expect(page.items.find(({ id }) => id === customerId)?.workspaceId).toMatch(/^[0-9a-f-]{36}$/);
    });

    test("goes on although the customer at whom it had arrived was deleted meanwhile", async () => {
      const older = await newCustomer(get());
      for (let batch = 0; batch < 10; batch += 1) {
        await Promise.all(Array.from({ length: 10 }, () => newCustomer(get())));
      }
      const first = await get().provider.listCustomersPage({ cursor: null });
      await get().deleteCustomer(first.items.at(-1)?.id ?? "");
      const rest = await readAll((cursor) =>
        get().provider.listCustomersPage({ cursor: cursor ?? first.next }),
      );
      const seen = [first.items, ...rest].flat().map(({ id }) => id);
      expect(seen).toContain(older.customerId);
    });

    test("of subscriptions has those of a customer who was deleted, and each can be looked at", async () => {
      const { input, subscriptionId } = await subscribed(get());
      await get().deleteCustomer(input.customerId);
      const pages = await readAll((cursor) => get().provider.listSubscriptionsPage({ cursor }));
      expect(pages.flat().find(({ id }) => id === subscriptionId)).toMatchObject({ status: "canceled" });
      expect(await get().provider.getSubscription(subscriptionId)).toMatchObject({ status: "canceled" });
    });

    test("of subscriptions says of each what a look at it alone says but for the card, also of those that have ended", async () => {
      const [going, ended] = [await subscribed(get()), await subscribed(get(), "team")];
      const operationId = `list-${ended.subscriptionId}`;
      await get().provider.cancelSubscription({ operationId, subscriptionId: ended.subscriptionId });
      const pages = await readAll((cursor) => get().provider.listSubscriptionsPage({ cursor }));
      for (const { subscriptionId } of [going, ended]) {
        const listed = pages.flat().find(({ id }) => id === subscriptionId);
        const looked = await get().provider.getSubscription(subscriptionId);
        expect(listed).toEqual({ ...looked, card: null });
      }
    });

    test("of events in pages has all of them once, newest first", async () => {
      const since = new Date(Date.now() - 1_000);
      const made: string[] = [];
      for (let batch = 0; batch < 11; batch += 1) {
        const some = await Promise.all(Array.from({ length: 10 }, () => newCustomer(get())));
        made.push(...some.map(({ customerId }) => customerId));
      }
      const pages = await readAll(async (cursor) => {
        const { events, next } = await get().provider.listEventsPage({ since, cursor });
        return { items: events, next };
      });
      const events = pages.flat();
      const times = events.map(({ occurredAt }) => occurredAt.getTime());
      expect(pages.length).toBeGreaterThan(1);
      expect(times).toEqual(times.toSorted((left, right) => right - left));
      expect(new Set(events.map(({ externalId }) => externalId)).size).toBe(events.length);
      expect(events.map(({ objectId }) => objectId)).toEqual(expect.arrayContaining(made));
    });

    test("of events since a moment to come is empty", async () => {
      const since = new Date(Date.now() + 60_000);
      expect(await get().provider.listEventsPage({ since, cursor: null })).toEqual({
        events: [],
        next: null,
      });
    });
  });
}
