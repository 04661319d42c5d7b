/** Guards who is mailed what: a function of the state, so that asking again in any order mails nobody twice. */
import { describe, expect, test } from "vitest";
import type { InvoiceSnapshot, RefundSnapshot, SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import { invoiceMails, refundMails, stillNews, subscriptionMails } from "@/lib/sync/due-mails";

const END = new Date("2026-12-01T00:00:00Z");

const subscription = (changes: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot => ({
  id: "sub_1",
  customerId: "cus_1",
  workspaceId: "w1",
  operationId: null,
  status: "active",
  planKey: "pro",
  interval: "month",
  quantity: 1,
  unitAmount: 1_900,
  currency: "usd",
  currentPeriodStart: new Date("2026-11-01T00:00:00Z"),
  currentPeriodEnd: END,
  cancelAtPeriodEnd: false,
  cancelAt: null,
  canceledAt: null,
  endedAt: null,
  trialEndsAt: null,
  startedAt: new Date("2026-11-01T00:00:00Z"),
  card: null,
  ...changes,
});

const invoice = (changes: Partial<InvoiceSnapshot> = {}): InvoiceSnapshot => ({
  id: "in_1",
  customerId: "cus_1",
  subscriptionId: "sub_1",
  workspaceId: "w1",
  number: "A-0001",
  status: "paid",
  isFirst: true,
  description: "1 × Pro",
  total: 1_900,
  amountPaid: 1_900,
  amountDue: 1_900,
  currency: "usd",
  attemptCount: 1,
  hostedUrl: null,
  pdfUrl: null,
  issuedAt: new Date("2026-11-01T00:00:00Z"),
  paidAt: new Date("2026-11-01T00:05:00Z"),
  finalizationError: null,
  ...changes,
});

const refund = (changes: Partial<RefundSnapshot> = {}): RefundSnapshot => ({
  id: "re_1",
  customerId: "cus_1",
  paymentId: "pi_1",
  invoiceId: "in_1",
  status: "succeeded",
  amount: 500,
  currency: "usd",
  reason: null,
  occurredAt: new Date("2026-11-02T00:00:00Z"),
  ...changes,
});

const keys = (mails: { businessKey: string }[]) => mails.map(({ businessKey }) => businessKey);

describe("a subscription", () => {
  test.each([
    "active",
    "trialing",
    "past_due",
    "unpaid",
    "paused",
    "incomplete",
    "incomplete_expired",
  ] as const)("that goes on (%s) calls for no mail", (status) => {
    expect(subscriptionMails(subscription({ status }), "Yard")).toEqual([]);
  });

  test("that is cancelled at its period's end calls for one mail, which says when", () => {
    const cancelled = subscription({ cancelAtPeriodEnd: true, canceledAt: new Date("2026-11-10T10:00:00Z") });
    const mails = subscriptionMails(cancelled, "Yard");
    expect(mails).toEqual([
      {
        businessKey: `subscription-cancelled:sub_1:${Date.parse("2026-11-10T10:00:00Z")}`,
        mail: {
          template: "subscription-cancelled",
          workspaceName: "Yard",
          planName: "Pro",
          endsAt: END.toISOString(),
        },
        notAfter: new Date("2026-11-17T10:00:00Z"),
      },
    ]);
    expect(subscriptionMails({ ...cancelled, quantity: 5 }, "Yard")).toEqual(mails);
  });

  test("that is cancelled, resumed and cancelled again calls for a mail each time it is cancelled", () => {
    const first = subscription({ cancelAtPeriodEnd: true, canceledAt: new Date("2026-11-10T10:00:00Z") });
    const second = subscription({ cancelAtPeriodEnd: true, canceledAt: new Date("2026-11-11T10:00:00Z") });
    expect(keys(subscriptionMails(first, "Yard"))).not.toEqual(keys(subscriptionMails(second, "Yard")));
  });

  test("that is to end at a moment of its own says that moment", () => {
    const cancelAt = new Date("2026-11-20T00:00:00Z");
    const [mail] = subscriptionMails(subscription({ cancelAt }), "Yard");
    expect(mail?.mail).toMatchObject({ endsAt: cancelAt.toISOString() });
  });

  test("that has ended calls for one mail, however it ended and however often it is looked at", () => {
    const ended = subscription({
      status: "canceled",
      cancelAtPeriodEnd: true,
      canceledAt: END,
      endedAt: END,
    });
    expect(keys(subscriptionMails(ended, "Yard"))).toEqual(["subscription-ended:sub_1"]);
    expect(subscriptionMails(ended, "Yard")[0]?.mail).toMatchObject({ endsAt: null });
  });

  test("of a plan that is not in the catalogue is told of in words that still make sense", () => {
    const [mail] = subscriptionMails(subscription({ status: "canceled", planKey: null }), "Yard");
    expect(mail?.mail).toMatchObject({ planName: "paid" });
  });
});

describe("an invoice", () => {
  test("that is paid calls for one receipt over what was paid", () => {
    const mails = invoiceMails(invoice({ total: 5_000, amountPaid: 4_900 }), "Yard");
    expect(keys(mails)).toEqual(["receipt:in_1"]);
    expect(mails[0]?.mail).toMatchObject({
      template: "receipt",
      total: 4_900,
      currency: "usd",
      number: "A-0001",
      paidAt: "2026-11-01T00:05:00.000Z",
    });
  });

  test("over nothing calls for none: a trial's start is not a purchase", () => {
    expect(invoiceMails(invoice({ total: 0, amountPaid: 0 }), "Yard")).toEqual([]);
  });

  test("whose renewal fails calls for one mail an attempt", () => {
    const failed = invoice({ status: "open", isFirst: false, amountPaid: 0, paidAt: null, attemptCount: 2 });
    expect(keys(invoiceMails(failed, "Yard"))).toEqual(["payment-failed:in_1:2"]);
    expect(keys(invoiceMails({ ...failed, attemptCount: 3 }, "Yard"))).toEqual(["payment-failed:in_1:3"]);
  });

  test("whose first payment fails calls for none: it happens before the customer's eyes", () => {
    expect(invoiceMails(invoice({ status: "open", amountPaid: 0, attemptCount: 1 }), "Yard")).toEqual([]);
  });

  test.each([
    { status: "open", attemptCount: 0, isFirst: false },
    { status: "draft", isFirst: false },
    { status: "void", isFirst: false },
    { status: "uncollectible", isFirst: false },
  ] as const)("in the state %o calls for none", (changes) => {
    expect(invoiceMails(invoice({ amountPaid: 0, ...changes }), "Yard")).toEqual([]);
  });
});

describe("a refund", () => {
  test("that has gone through calls for one mail, which says how much of which invoice", () => {
    expect(refundMails(refund(), "Yard", "A-0001")).toEqual([
      {
        businessKey: "refund:re_1",
        mail: { template: "refund", workspaceName: "Yard", amount: 500, currency: "usd", number: "A-0001" },
        notAfter: new Date("2026-12-09T00:00:00Z"),
      },
    ]);
  });

  test.each(["pending", "requires_action", "failed", "canceled"] as const)(
    "that is %s calls for none",
    (status) => {
      expect(refundMails(refund({ status }), "Yard", null)).toEqual([]);
    },
  );
});

describe("what has long been so", () => {
  const at = (iso: string) => new Date(iso);
  const cancelled = { cancelAtPeriodEnd: true, canceledAt: at("2026-11-10T10:00:00Z") };
  const failed = { status: "open", isFirst: false, amountPaid: 0, paidAt: null, attemptCount: 3 } as const;

  test.each([
    ["a cancellation", subscriptionMails(subscription(cancelled), "Yard"), "2026-11-17T10:00:00Z"],
    [
      "an end",
      subscriptionMails(subscription({ ...cancelled, status: "canceled", endedAt: END }), "Yard"),
      "2026-12-08T00:00:00Z",
    ],
    ["a payment", invoiceMails(invoice(), "Yard"), "2026-11-08T00:05:00Z"],
    // The vendor goes on trying for two months, and does not say when it tried last.
    ["a failure to pay", invoiceMails(invoice(failed), "Yard"), "2027-01-07T00:00:00Z"],
    // Dated by when it was asked for.
    ["a refund", refundMails(refund(), "Yard", null), "2026-12-09T00:00:00Z"],
  ])("is no news: %s", (_name, mails, until) => {
    expect(mails).toHaveLength(1);
    expect(stillNews(mails, at(until))).toEqual(mails);
    expect(stillNews(mails, new Date(at(until).getTime() + 1))).toEqual([]);
  });

  test("a cancellation counts from when it was made, not from when it takes effect", () => {
    const mails = subscriptionMails(
      subscription({ ...cancelled, cancelAt: at("2027-11-20T00:00:00Z") }),
      "Yard",
    );
    expect(stillNews(mails, at("2026-11-18T00:00:00Z"))).toEqual([]);
  });
});
