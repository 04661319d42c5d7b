/**
 * Which mails a state calls for. A function of the state alone, under keys that name the fact (not the event that
 * told of it), so that it may be asked any number of times in any order. Pure.
 */
import { PLANS } from "@/lib/billing/plans";
import type { InvoiceSnapshot, RefundSnapshot, SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import type { Mail } from "@/lib/outbox/render-mail";

export interface DueMail {
  businessKey: string;
  mail: Mail;
  /** From then on it is no news any more. */
  notAfter: Date;
}

const DAY_MS = 24 * 60 * 60_000;
/**
 * Longer than an event waits for its turn, and than a person needs to have one done again. What is older is history,
 * which is looked at again for other reasons: a sweep, a new owner, an account whose past comes in.
 */
const NEWS_MS = 7 * DAY_MS;
/** The vendor tries a payment for so long at most, and does not say when it tried last: https://docs.stripe.com/billing/revenue-recovery/smart-retries */
const RETRIES_MS = 60 * DAY_MS;
/** It dates a refund by when it was asked for; to some banks it is under way for weeks. */
const REFUND_MS = 30 * DAY_MS;

const newsOf = (fact: Date, mayTakeMs = 0) => new Date(fact.getTime() + mayTakeMs + NEWS_MS);

/** Without what nobody is mailed any more, because it has long been so. */
export function stillNews(due: readonly DueMail[], now: Date): DueMail[] {
  return due.filter(({ notAfter }) => now.getTime() <= notAfter.getTime());
}

export function subscriptionMails(snapshot: SubscriptionSnapshot, workspaceName: string): DueMail[] {
  const planName = snapshot.planKey ? PLANS[snapshot.planKey].name : "paid";
  const common = { template: "subscription-cancelled", workspaceName, planName } as const;
  if (snapshot.status === "canceled") {
    // The vendor gives one that has ended both moments.
    const notAfter = newsOf(
      snapshot.endedAt ?? snapshot.canceledAt ?? snapshot.currentPeriodEnd ?? new Date(0),
    );
    return [
      { businessKey: `subscription-ended:${snapshot.id}`, mail: { ...common, endsAt: null }, notAfter },
    ];
  }
  const endsAt = snapshot.cancelAt ?? (snapshot.cancelAtPeriodEnd ? snapshot.currentPeriodEnd : null);
  if (endsAt === null) return [];
  // The moment of cancelling tells one cancellation from the next, should it be taken back in between.
  const moment = snapshot.canceledAt ?? endsAt;
  return [
    {
      businessKey: `subscription-cancelled:${snapshot.id}:${moment.getTime()}`,
      mail: { ...common, endsAt: endsAt.toISOString() },
      notAfter: newsOf(moment),
    },
  ];
}

export function invoiceMails(snapshot: InvoiceSnapshot, workspaceName: string): DueMail[] {
  const { total, currency } = snapshot;
  if (snapshot.status === "paid" && snapshot.amountPaid > 0) {
    const { number, description } = snapshot;
    const paidAt = snapshot.paidAt ?? snapshot.issuedAt;
    return [
      {
        businessKey: `receipt:${snapshot.id}`,
        mail: {
          template: "receipt",
          workspaceName,
          number,
          total: snapshot.amountPaid,
          currency,
          description,
          paidAt: paidAt.toISOString(),
        },
        notAfter: newsOf(paidAt),
      },
    ];
  }
  // The first payment fails before the customer's eyes: no mail.
  if (snapshot.status === "open" && snapshot.attemptCount > 0 && !snapshot.isFirst) {
    return [
      {
        businessKey: `payment-failed:${snapshot.id}:${snapshot.attemptCount}`,
        mail: { template: "payment-failed", workspaceName, total, currency },
        notAfter: newsOf(snapshot.issuedAt, RETRIES_MS),
      },
    ];
  }
  return [];
}

/** @param number of the invoice that had been paid, as the customer knows it */
export function refundMails(
  snapshot: RefundSnapshot,
  workspaceName: string,
  number: string | null,
): DueMail[] {
  const { id, status, amount, currency } = snapshot;
  if (status !== "succeeded" || amount === 0) return [];
  return [
    {
      businessKey: `refund:${id}`,
      mail: { template: "refund", workspaceName, amount, currency, number },
      notAfter: newsOf(snapshot.occurredAt, REFUND_MS),
    },
  ];
}
