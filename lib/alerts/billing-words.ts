/** Alerts about money: what the payments vendor says that only a person can answer. For operators, so ids are named. */
import { formatDate, formatMoney } from "@/lib/billing/format";
import type { DisputeSnapshot, InvoiceSnapshot, RefundSnapshot } from "@/lib/integrations/payments/port";
import type { Alert } from "./alert";

interface At {
  provider: string;
  mode: string;
}

/** Whether somebody has to answer a dispute. */
export function needsResponse({ status }: Pick<DisputeSnapshot, "status">): boolean {
  return status === "needs_response" || status === "warning_needs_response";
}

export function disputeOpened({ provider, mode }: At, dispute: DisputeSnapshot): Alert {
  const { id, paymentId, amount, currency, reason, evidenceDueAt, status } = dispute;
  const money = formatMoney(amount, currency);
  const isInquiry = status === "warning_needs_response";
  const until = evidenceDueAt ? ` until ${formatDate(evidenceDueAt)}` : "";
  return {
    what: "dispute-opened",
    severity: "critical",
    ...{ provider, mode, about: id },
    title: isInquiry ? `A bank asks about a payment of ${money}` : `A payment of ${money} is disputed`,
    text: [
      isInquiry
        ? `The payer's bank asks about the payment ${paymentId} (reason: ${reason}, dispute ${id}).`
        : `The payer's bank has taken back the payment ${paymentId} (reason: ${reason}, dispute ${id}).`,
      "The workspace keeps what its subscription gives it: nothing is switched off because of a dispute.",
      `Answer it at the vendor's dashboard${until}, with evidence or by accepting it: unanswered it is lost.`,
    ].join("\n"),
  };
}

export function otherAccount({ provider, mode }: At): Alert {
  return {
    what: "other-account",
    severity: "critical",
    ...{ provider, mode },
    title: "The payments key seems to be another account's",
    text: [
      "Subscriptions that are live here are unknown to the vendor, and so are their customers: even deleted ones it knows.",
      "Nothing is ended because of that, nobody loses what they have paid for, and the inbox goes on asking.",
      "Put the key of the account back that these were sold by. If its test data was deleted on purpose, delete our copies of it.",
    ].join("\n"),
  };
}

export function secondSubscription(
  { provider, mode }: At,
  found: { subscriptionId: string; keptSubscriptionId: string; reason: string },
): Alert {
  const { subscriptionId, keptSubscriptionId, reason } = found;
  return {
    what: "second-subscription",
    severity: "critical",
    ...{ provider, mode, about: subscriptionId },
    title: "A workspace has a second subscription that we did not sell just now",
    text: [
      `The subscription ${subscriptionId} is live beside ${keptSubscriptionId}, which is the one that counts.`,
      `It is left alone, because ${reason}: the customer may be paying twice, and it is charged until somebody ends it.`,
      "If it is an add-on or was agreed upon, nothing is to be done. Else end it at the vendor's dashboard, and give back what is owed.",
    ].join("\n"),
  };
}

export function refundFailed({ provider, mode }: At, refund: RefundSnapshot): Alert {
  const { id, paymentId, amount, currency } = refund;
  const money = formatMoney(amount, currency);
  return {
    what: "refund-failed",
    severity: "warning",
    ...{ provider, mode, about: id },
    title: `A refund of ${money} did not reach its receiver`,
    text: [
      `The refund ${id} of the payment ${paymentId} failed: the money has come back to us.`,
      "The customer still waits for it.",
      "Agree with them on another way, and pay it from outside of the vendor.",
    ].join("\n"),
  };
}

export function invoiceStuck({ provider, mode }: At, invoice: InvoiceSnapshot): Alert {
  const { id, total, currency, finalizationError } = invoice;
  return {
    what: "invoice-stuck",
    severity: "warning",
    ...{ provider, mode, about: id },
    title: `An invoice over ${formatMoney(total, currency)} cannot be issued`,
    text: [
      `The vendor could not make an invoice of the draft ${id} (${finalizationError ?? "unknown"}).`,
      "Nothing is charged for it until that is mended; the subscription goes on meanwhile.",
      "Open the draft at the vendor's dashboard: it says what is missing, most often an address for taxes.",
    ].join("\n"),
  };
}
