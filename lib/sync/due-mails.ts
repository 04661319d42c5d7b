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
}

export function subscriptionMails(snapshot: SubscriptionSnapshot, workspaceName: string): DueMail[] {
  const planName = snapshot.planKey ? PLANS[snapshot.planKey].name : "paid";
  const common = { template: "subscription-cancelled", workspaceName, planName } as const;
  if (snapshot.status === "canceled") {
    return [{ businessKey: `subscription-ended:${snapshot.id}`, mail: { ...common, endsAt: null } }];
  }
  const endsAt = snapshot.cancelAt ?? (snapshot.cancelAtPeriodEnd ? snapshot.currentPeriodEnd : null);
  if (endsAt === null) return [];
  // The moment of cancelling tells one cancellation from the next, should it be taken back in between.
  const moment = snapshot.canceledAt?.getTime() ?? endsAt.getTime();
  return [
    {
      businessKey: `subscription-cancelled:${snapshot.id}:${moment}`,
      mail: { ...common, endsAt: endsAt.toISOString() },
    },
  ];
}

export function invoiceMails(snapshot: InvoiceSnapshot, workspaceName: string): DueMail[] {
  const { total, currency } = snapshot;
  if (snapshot.status === "paid" && snapshot.amountPaid > 0) {
    const { number, description } = snapshot;
    const paidAt = (snapshot.paidAt ?? snapshot.issuedAt).toISOString();
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
          paidAt,
        },
      },
    ];
  }
  // The first payment fails before the customer's eyes: no mail.
  if (snapshot.status === "open" && snapshot.attemptCount > 0 && !snapshot.isFirst) {
    return [
      {
        businessKey: `payment-failed:${snapshot.id}:${snapshot.attemptCount}`,
        mail: { template: "payment-failed", workspaceName, total, currency },
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
    { businessKey: `refund:${id}`, mail: { template: "refund", workspaceName, amount, currency, number } },
  ];
}
