/** Guards what wakes people up over money: it says what happened, what it means, and what to do, and names nobody. */
import { describe, expect, test } from "vitest";
import { causeOf } from "@/lib/alerts/alert";
import {
  disputeOpened,
  invoiceStuck,
  needsResponse,
  otherAccount,
  refundFailed,
  secondSubscription,
} from "@/lib/alerts/billing-words";
import type { DisputeSnapshot, InvoiceSnapshot, RefundSnapshot } from "@/lib/integrations/payments/port";

const AT = { provider: "stripe", mode: "live" };
const NOW = new Date("2026-11-22T10:00:00Z");

const dispute = (changes: Partial<DisputeSnapshot> = {}): DisputeSnapshot => ({
  id: "du_1",
  customerId: "cus_1",
  paymentId: "pi_1",
  invoiceId: null,
  status: "needs_response",
  amount: 1_950,
  currency: "usd",
  reason: "fraudulent",
  evidenceDueAt: new Date("2026-12-01T00:00:00Z"),
  occurredAt: NOW,
  ...changes,
});

describe("a dispute", () => {
  test("says what was taken back, why, and until when an answer counts", () => {
    const { title, text, severity } = disputeOpened(AT, dispute());
    expect(title).toBe("A payment of $19.50 is disputed");
    expect(severity).toBe("critical");
    for (const part of ["pi_1", "du_1", "fraudulent", "until December 1, 2026"]) expect(text).toContain(part);
  });

  test("that is only a question says so", () => {
    expect(disputeOpened(AT, dispute({ status: "warning_needs_response" })).title).toBe(
      "A bank asks about a payment of $19.50",
    );
  });

  test("without a date makes none up", () => {
    expect(disputeOpened(AT, dispute({ evidenceDueAt: null })).text).not.toMatch(/until|1970/);
  });

  test("is told by itself, however many there are in an hour", () => {
    const [first, second] = [dispute(), dispute({ id: "du_2" })].map((one) =>
      causeOf(disputeOpened(AT, one)),
    );
    expect(first).toBe("dispute-opened:stripe:live:du_1");
    expect(second).not.toBe(first);
  });

  test.each([
    ["needs_response", true],
    ["warning_needs_response", true],
    ["under_review", false],
    ["warning_under_review", false],
    ["warning_closed", false],
    ["won", false],
    ["lost", false],
    ["prevented", false],
  ] as const)("that is %s needs an answer: %s", (status, isNeeded) => {
    expect(needsResponse({ status })).toBe(isNeeded);
  });
});

test("a refund that failed says who still waits for what", () => {
  const refund: RefundSnapshot = {
    id: "re_1",
    customerId: "cus_1",
    paymentId: "pi_1",
    invoiceId: null,
    status: "failed",
    amount: 500,
    currency: "usd",
    reason: null,
    occurredAt: NOW,
  };
  const alert = refundFailed(AT, refund);
  expect(alert.title).toBe("A refund of $5 did not reach its receiver");
  expect(alert.text).toContain("re_1");
  expect(causeOf(alert)).toBe("refund-failed:stripe:live:re_1");
});

test("an invoice that cannot be issued says why in the vendor's code", () => {
  const invoice: InvoiceSnapshot = {
    id: "in_1",
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
    finalizationError: "customer_tax_location_invalid",
  };
  const alert = invoiceStuck(AT, invoice);
  expect(alert.title).toBe("An invoice over $19 cannot be issued");
  expect(alert.text).toContain("customer_tax_location_invalid");
});

test("a key that knows nothing of ours is told once for all that it does not know, and that nothing was ended", () => {
  const alert = otherAccount(AT);
  expect(causeOf(alert)).toBe("other-account:stripe:live");
  expect(alert.severity).toBe("critical");
  expect(alert.text).toContain("Nothing is ended");
});

test("a second subscription that we did not sell names both, and why it is left alone", () => {
  const reason = "it is of no plan of ours";
  const alert = secondSubscription(AT, { subscriptionId: "sub_2", keptSubscriptionId: "sub_1", reason });
  expect(causeOf(alert)).toBe("second-subscription:stripe:live:sub_2");
  expect(alert.severity).toBe("critical");
  for (const part of ["sub_1", "sub_2", reason]) expect(alert.text).toContain(part);
});
