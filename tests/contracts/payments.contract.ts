/**
 * What every `PaymentsProvider` must do; run against each adapter. What no port offers (paying, breaking the network,
 * looking into the vendor's books) the adapter's own test file brings along as the `PaymentsVendor`.
 */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { PLANS, type Plan } from "@/lib/billing/plans";
import type { PaymentsProvider } from "@/lib/integrations/payments/port";
import { expectPlainWords } from "@/tests/support/vendor-faults";
import { describeLists, describeMoney } from "./payments-reading.contract";
import { checkoutInput, type Get, newCustomer, type PaymentsVendor, subscribed } from "./payments-vendor";

export function describePayments(name: string, start: () => Promise<PaymentsVendor>): void {
  describe(`payments: ${name}`, () => {
    let vendor: PaymentsVendor;
    let provider: PaymentsProvider;
    const theVendor = () => vendor;

    beforeAll(async () => {
      vendor = await start();
      provider = vendor.provider;
      await provider.pushCatalogue(Object.values(PLANS));
    });
    afterEach(() => vendor.heal());
    afterAll(() => vendor?.stop());

    describeCatalogue(theVendor);
    describeCustomers(theVendor);
    describeCheckouts(theVendor);
    describeSubscriptions(theVendor);
    describeReading(theVendor);
    describeMoney(theVendor);
    describeLists(theVendor);
    describeWebhooks(theVendor);
    describeFailures(theVendor);
  });
}

const withProPrice = (amount: number): Plan[] => {
  const { pro } = PLANS;
  if (!pro.prices) throw new Error("pro is paid for");
  return [PLANS.free, { ...pro, prices: { ...pro.prices, month: { amount, currency: "usd" } } }, PLANS.team];
};

function describeCatalogue(get: Get) {
  describe("the catalogue", () => {
    const keys = ["pro_month", "pro_year", "team_month", "team_year"];

    test("pushed again makes nothing new", async () => {
      const outcome = await get().provider.pushCatalogue(Object.values(PLANS));
      expect(outcome.created).toEqual([]);
      expect(outcome.unchanged.sort()).toEqual(keys);
    });

    test("with a changed amount makes one price, which new customers pay and old ones do not", async () => {
      const vendor = get();
      const before = await subscribed(vendor);
      const dearer = (PLANS.pro.prices?.month.amount ?? 0) + 100;
      const outcome = await vendor.provider.pushCatalogue(withProPrice(dearer));
      expect(outcome.created).toEqual(["pro_month"]);

      const fresh = vendor.anotherProvider();
      const after = await subscribed({ ...vendor, provider: fresh });
      expect(await fresh.getSubscription(after.subscriptionId)).toMatchObject({
        planKey: "pro",
        unitAmount: dearer,
      });
      expect(await fresh.getSubscription(before.subscriptionId)).toMatchObject({
        planKey: "pro",
        interval: "month",
        unitAmount: dearer - 100,
      });
      await vendor.provider.pushCatalogue(Object.values(PLANS));
    });

    test("has nothing to sell for the plan that costs nothing", async () => {
      const input = await checkoutInput(get(), "free");
      await expect(get().provider.createCheckout(input)).rejects.toMatchObject({ code: "invalid_input" });
    });
  });
}

function describeCustomers(get: Get) {
  describe("a customer", () => {
    test("is made once for an operation, however often it is asked for", async () => {
      const operationId = randomUUID();
      const input = {
        operationId,
        workspaceId: randomUUID(),
        name: "N",
        email: `${operationId}@example.com`,
      };
      const first = await get().provider.createCustomer(input);
      expect(await get().provider.createCustomer(input)).toEqual(first);
      expect(await get().anotherProvider().createCustomer(input)).toEqual(first);
      expect(await newCustomer(get())).not.toEqual(first);
    });

    test("is found by the operation that made it, and by no other", async () => {
      const operationId = randomUUID();
      const email = `${operationId}@example.com`;
      const made = await newCustomer(get(), operationId);
      const { provider } = get();
      expect(await provider.findCustomerByOperation({ operationId, email })).toEqual(made);
      expect(await provider.findCustomerByOperation({ operationId: randomUUID(), email })).toBeNull();
      expect(await provider.findCustomerByOperation({ operationId, email: "nobody@example.com" })).toBeNull();
    });

    test("is found although the answer to its making was lost", async () => {
      const operationId = randomUUID();
      const email = `${operationId}@example.com`;
      await get().loseNextAnswer();
      await expect(newCustomer(get(), operationId)).rejects.toMatchObject({ name: "IntegrationError" });
      expect(await get().provider.findCustomerByOperation({ operationId, email })).not.toBeNull();
    });

    test("is known until it is deleted at the vendor", async () => {
      const { customerId } = await newCustomer(get());
      expect(await get().provider.hasCustomer(customerId)).toBe(true);
      expect(await get().provider.getCustomer(customerId)).toEqual({ id: customerId, deleted: false });
      await get().deleteCustomer(customerId);
      expect(await get().provider.hasCustomer(customerId)).toBe(false);
      expect(await get().provider.getCustomer(customerId)).toEqual({ id: customerId, deleted: true });
      expect(await get().provider.hasCustomer("no_such_thing")).toBe(false);
    });

    test("has a hosted page for its cards and invoices", async () => {
      const { customerId } = await newCustomer(get());
      const { url } = await get().provider.createPortal({
        customerId,
        returnUrl: "http://localhost:3999/billing",
      });
      expect((await fetch(url)).status).toBe(200);
    });
  });
}

function describeCheckouts(get: Get) {
  describe("a checkout", () => {
    test("is opened once for an operation, with a page to pay on", async () => {
      const input = await checkoutInput(get());
      const checkout = await get().provider.createCheckout(input);
      expect(checkout).toMatchObject({ state: "open", operationId: input.operationId, subscriptionId: null });
      expect(Math.abs(checkout.expiresAt.getTime() - input.expiresAt.getTime())).toBeLessThan(1_000);
      expect((await fetch(checkout.url ?? "")).status).toBe(200);
      expect(await get().provider.createCheckout(input)).toEqual(checkout);
      expect(await get().provider.getCheckout(checkout.id)).toEqual(checkout);
    });

    test("for another plan under the same operation is refused for good", async () => {
      const input = await checkoutInput(get());
      await get().provider.createCheckout(input);
      await expect(get().provider.createCheckout({ ...input, planKey: "team" })).rejects.toMatchObject({
        kind: "invalid_request",
        retryable: false,
      });
    });

    test("is found by its operation, although the answer was lost", async () => {
      const input = await checkoutInput(get());
      const { customerId, operationId } = input;
      expect(await get().provider.findCheckoutByOperation({ customerId, operationId })).toBeNull();
      await get().loseNextAnswer();
      await expect(get().provider.createCheckout(input)).rejects.toMatchObject({ name: "IntegrationError" });
      const found = await get().provider.findCheckoutByOperation({ customerId, operationId });
      expect(found).toMatchObject({ state: "open", operationId });
      expect(
        await get().provider.findCheckoutByOperation({ customerId, operationId: randomUUID() }),
      ).toBeNull();
    });

    test("is closed, and closed again, and then nobody can pay it", async () => {
      const input = await checkoutInput(get());
      const checkout = await get().provider.createCheckout(input);
      const close = () =>
        get().provider.expireCheckout({ checkoutId: checkout.id, operationId: input.operationId });
      expect(await close()).toMatchObject({ state: "expired", url: null });
      expect(await close()).toMatchObject({ state: "expired", url: null });
      expect(await get().provider.getCheckout(checkout.id)).toMatchObject({ state: "expired" });
      await expect(get().pay(checkout.url ?? "")).rejects.toThrow();
    });

    test("that was paid says so when it is to be closed", async () => {
      const { checkout, input, subscriptionId } = await subscribed(get());
      const closed = await get().provider.expireCheckout({
        checkoutId: checkout.id,
        operationId: input.operationId,
      });
      expect(closed).toMatchObject({ state: "complete", subscriptionId });
    });
  });
}

function describeSubscriptions(get: Get) {
  describe("a subscription", () => {
    test("says everything that pages and mails show", async () => {
      const { input, subscriptionId } = await subscribed(get());
      const subscription = await get().provider.getSubscription(subscriptionId);
      expect(subscription).toMatchObject({
        id: subscriptionId,
        customerId: input.customerId,
        workspaceId: input.workspaceId,
        operationId: input.operationId,
        status: "active",
        planKey: "pro",
        interval: "month",
        quantity: 1,
        unitAmount: PLANS.pro.prices?.month.amount,
        currency: "usd",
        cancelAtPeriodEnd: false,
        cancelAt: null,
        canceledAt: null,
        endedAt: null,
        trialEndsAt: null,
        card: { brand: "visa", last4: "4242", expMonth: 12, expYear: 2034 },
      });
      const { currentPeriodStart, currentPeriodEnd, startedAt } = subscription ?? {};
      const days = ((currentPeriodEnd?.getTime() ?? 0) - (currentPeriodStart?.getTime() ?? 0)) / 86_400_000;
      expect(days).toBeGreaterThanOrEqual(28);
      expect(days).toBeLessThanOrEqual(31);
      expect(Math.abs(Date.now() - (startedAt?.getTime() ?? 0))).toBeLessThan(60_000);
    });

    test("is switched once for an operation, and the difference is charged at once", async () => {
      const { input, subscriptionId } = await subscribed(get());
      const before = await get().books(input.customerId);
      const change = {
        operationId: randomUUID(),
        subscriptionId,
        planKey: "team",
        interval: "month",
      } as const;
      const first = await get().provider.changePlan(change);
      expect(first).toMatchObject({ planKey: "team", status: "active", operationId: change.operationId });
      expect(await get().provider.changePlan(change)).toEqual(first);
      const after = await get().books(input.customerId);
      expect(after.invoices).toBe(before.invoices + 1);
      expect(after.charged).toBeGreaterThan(before.charged);
      expect(await get().provider.getSubscription(subscriptionId)).toMatchObject({ planKey: "team" });
    });

    test("is cancelled at its period's end, and that is taken back, once for an operation each", async () => {
      const { subscriptionId } = await subscribed(get());
      const cancel = { operationId: randomUUID(), subscriptionId, cancel: true };
      const cancelled = await get().provider.setCancelAtPeriodEnd(cancel);
      expect(cancelled).toMatchObject({ status: "active", cancelAtPeriodEnd: true });
      expect(cancelled.cancelAt ?? cancelled.currentPeriodEnd).toEqual(cancelled.currentPeriodEnd);
      expect(await get().provider.setCancelAtPeriodEnd(cancel)).toEqual(cancelled);
      const resumed = await get().provider.setCancelAtPeriodEnd({
        operationId: randomUUID(),
        subscriptionId,
        cancel: false,
      });
      expect(resumed).toMatchObject({ status: "active", cancelAtPeriodEnd: false, cancelAt: null });
    });

    test("is ended and given back, and doing it again gives nothing more", async () => {
      const { input, subscriptionId } = await subscribed(get());
      const amount = PLANS.pro.prices?.month.amount;
      const ended = { operationId: randomUUID(), subscriptionId };
      expect(await get().provider.cancelAndRefund(ended)).toEqual({ refundedAmount: amount });
      expect(await get().provider.cancelAndRefund(ended)).toEqual({ refundedAmount: amount });
      const other = { operationId: randomUUID(), subscriptionId };
      expect(await get().provider.cancelAndRefund(other)).toEqual({ refundedAmount: amount });
      expect(await get().provider.getSubscription(subscriptionId)).toMatchObject({ status: "canceled" });
      expect(await get().books(input.customerId)).toMatchObject({ charged: amount, refunded: amount });
    });

    test("is ended without giving anything back, once, however often it is asked for", async () => {
      const { input, subscriptionId } = await subscribed(get());
      const before = await get().books(input.customerId);
      const ended = { operationId: randomUUID(), subscriptionId };
      await get().loseNextAnswer();
      await expect(get().provider.cancelSubscription(ended)).rejects.toMatchObject({
        name: "IntegrationError",
        mayHaveTakenEffect: true,
      });
      await get().provider.cancelSubscription(ended);
      await get().provider.cancelSubscription({ operationId: randomUUID(), subscriptionId });
      expect(await get().provider.getSubscription(subscriptionId)).toMatchObject({
        status: "canceled",
        endedAt: expect.any(Date),
      });
      expect(await get().books(input.customerId)).toEqual(before);
    });

    test("whose ending breaks off at every step is ended and given back in the end, once", async () => {
      const { input, subscriptionId } = await subscribed(get());
      const ended = { operationId: randomUUID(), subscriptionId };
      const amount = PLANS.pro.prices?.month.amount;
      await get().loseNextAnswer();
      let lost = 0;
      const endAtLast = async (): Promise<unknown> => {
        try {
          return await get().provider.cancelAndRefund(ended);
        } catch (error) {
          expect(error).toMatchObject({ name: "IntegrationError" });
          lost += 1;
          return lost < 5 ? endAtLast() : error;
        }
      };
      expect(await endAtLast()).toEqual({ refundedAmount: amount });
      expect(lost).toBeGreaterThan(0);
      expect(await get().books(input.customerId)).toMatchObject({ refunded: amount });
    });
  });
}

function describeReading(get: Get) {
  describe("what is not there", () => {
    test.each([
      "getCheckout",
      "getSubscription",
      "getInvoice",
      "getPayment",
      "getRefund",
      "getDispute",
      "getCustomer",
    ] as const)("%s answers null", async (method) => {
      expect(await get().provider[method]("no_such_thing")).toBeNull();
    });

    test("needs no ending", async () => {
      const gone = { operationId: randomUUID(), subscriptionId: "no_such_thing" };
      expect(await get().provider.cancelSubscription(gone)).toBeUndefined();
      expect(await get().provider.cancelAndRefund(gone)).toEqual({ refundedAmount: 0 });
    });

    test("is an expired checkout: there is nothing left to close", async () => {
      const checkoutId = "no_such_thing";
      const answer = await get().provider.expireCheckout({ operationId: randomUUID(), checkoutId });
      expect(answer).toMatchObject({ id: checkoutId, state: "expired", url: null, subscriptionId: null });
    });

    test("cannot be changed", async () => {
      const operationId = randomUUID();
      const gone = { operationId, subscriptionId: "no_such_thing" };
      const { provider } = get();
      const portal = { customerId: "no_such_thing", returnUrl: "http://localhost:3999/billing" };
      for (const write of [
        () => provider.setCancelAtPeriodEnd({ ...gone, cancel: true }),
        () => provider.changePlan({ ...gone, planKey: "team", interval: "month" }),
        () => provider.createPortal(portal),
      ]) {
        const error = await write().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({ name: "IntegrationError", retryable: false });
        expectPlainWords(error);
      }
    });
  });

  describe("events", () => {
    test("are listed with the objects they are about, which can be read", async () => {
      const since = new Date(Date.now() - 60_000);
      const { input, subscriptionId } = await subscribed(get());
      const { events } = await get().provider.listEventsPage({ since, cursor: null });
      expect(events.map(({ objectId }) => objectId)).toContain(subscriptionId);
      const { scope, apiVersion } = get().provider;
      for (const event of events) {
        expect(event).toMatchObject({ mode: scope.mode, account: scope.account, apiVersion });
        expect(() => JSON.parse(event.payload)).not.toThrow();
      }
      const own = events.filter(({ payload }) => payload.includes(input.customerId));
      const paid = own.find(({ type }) => /invoice.*paid/.test(type));
      expect(await get().provider.getInvoice(paid?.objectId ?? "")).toMatchObject({
        customerId: input.customerId,
        subscriptionId,
        status: "paid",
        isFirst: true,
        total: PLANS.pro.prices?.month.amount,
        amountPaid: PLANS.pro.prices?.month.amount,
        amountDue: PLANS.pro.prices?.month.amount,
        currency: "usd",
        number: expect.any(String),
        hostedUrl: expect.stringMatching(/^http/),
        issuedAt: expect.any(Date),
        paidAt: expect.any(Date),
      });
    });
  });
}

function describeWebhooks(get: Get) {
  describe("a webhook", () => {
    const now = () => new Date();

    test("is verified over its raw bytes, and says what to look at", async () => {
      const { headers, body } = await get().deliveredWebhook();
      const verification = get().provider.verifyWebhook({ body, headers, now: now() });
      expect(verification).toMatchObject({
        kind: "verified",
        events: [
          {
            mode: get().provider.scope.mode,
            account: "",
            apiVersion: get().provider.apiVersion,
            payload: body.toString("utf8"),
            objectId: expect.any(String),
            externalId: expect.any(String),
          },
        ],
      });
    });

    test("is verified under the previous secret too, and under nobody else's", async () => {
      const { body } = await get().deliveredWebhook();
      const verify = (headers: Headers) => get().provider.verifyWebhook({ body, headers, now: now() });
      expect(verify(get().resign(body, "previous", now()))).toMatchObject({ kind: "verified" });
      expect(verify(get().resign(body, "foreign", now()))).toEqual({ kind: "invalid", reason: "signature" });
      expect(verify(new Headers())).toEqual({ kind: "invalid", reason: "signature" });
    });

    test("is refused when a single byte differs", async () => {
      const { headers, body } = await get().deliveredWebhook();
      const changed = Buffer.from(body);
      changed[changed.length - 3] = (changed[changed.length - 3] ?? 0) ^ 1;
      expect(get().provider.verifyWebhook({ body: changed, headers, now: now() })).toEqual({
        kind: "invalid",
        reason: "signature",
      });
    });

    test.each([-301, 301])("is refused when its time is %i s off", async (seconds) => {
      const { body } = await get().deliveredWebhook();
      const at = new Date(Date.now() + seconds * 1000);
      expect(
        get().provider.verifyWebhook({ body, headers: get().resign(body, "previous", at), now: now() }),
      ).toEqual({ kind: "invalid", reason: "timestamp" });
    });

    test("is told apart from one that cannot be judged: no secret is set", async () => {
      const { headers, body } = await get().deliveredWebhook();
      expect(get().withoutWebhookSecret.verifyWebhook({ body, headers, now: now() })).toEqual({
        kind: "unconfigured",
      });
    });

    test.each(["", "null", "[]", "{}", "{", '"x"', '{"id":null,"type":null}'])(
      "signed around %j is refused without a word",
      (text) => {
        const body = Buffer.from(text);
        const headers = get().resign(body, "previous", now());
        expect(get().provider.verifyWebhook({ body, headers, now: now() })).toMatchObject({
          kind: "invalid",
        });
      },
    );
  });
}

function describeFailures(get: Get) {
  describe("a vendor that fails", () => {
    test("for the credentials says so, and that trying again cannot help", async () => {
      const call = newCustomer({ ...get(), provider: get().badCredentials });
      const error = await call.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ kind: "credentials_rejected", retryable: false });
      expectPlainWords(error);
    });

    test("in its writes is not read for the sake of one", async () => {
      const provider = await get().withWritesRefused();
      const operationId = randomUUID();
      const change = { operationId, subscriptionId: "sub_1", planKey: "team", interval: "month" } as const;
      for (const refused of [
        provider.createCheckout({ ...(await checkoutInput(get())), operationId }),
        provider.changePlan(change),
        provider.refuseIfOpen("write", "things.make"),
      ]) {
        await expect(refused).rejects.toMatchObject({ kind: "circuit_open", mayHaveTakenEffect: false });
      }
      await provider.refuseIfOpen("read", "things.get");
    });
  });
}
