/** What is only read: invoices, payments, refunds, disputes, and the lists that reconciliation goes through. */
import type Stripe from "stripe";
import type { ProviderModeName } from "@/lib/provider-scope";
import type { PaymentsProvider } from "../port";
import type { StripeClient } from "./client";
import { nullWhenMissing } from "./errors";
import {
  disputeFrom,
  idOf,
  invoiceFrom,
  METADATA,
  ownId,
  paymentFrom,
  refundFrom,
  subscriptionFrom,
} from "./mapping";
import { mapReadable, readPage } from "./pages";
import { eventFrom } from "./webhook";

const seconds = (moment: Date) => Math.floor(moment.getTime() / 1000);

type Reading = Pick<
  PaymentsProvider,
  "getInvoice" | "getPayment" | "getRefund" | "getDispute" | "listRefundIds"
>;

export function reading(client: StripeClient): Reading {
  return {
    getInvoice: async (invoiceId) => {
      const invoice = await nullWhenMissing(
        client.read("invoices.retrieve", (sdk) => sdk.invoices.retrieve(invoiceId)),
      );
      return invoice && invoiceFrom(invoice);
    },
    getPayment: async (paymentId) => {
      const intent = await nullWhenMissing(
        client.read("payment-intents.retrieve", (sdk) => sdk.paymentIntents.retrieve(paymentId)),
      );
      return intent && paymentFrom(intent, await invoiceOf(client, paymentId));
    },
    getRefund: async (refundId) => {
      const refund = await nullWhenMissing(
        client.read("refunds.retrieve", (sdk) =>
          sdk.refunds.retrieve(refundId, { expand: ["charge", "payment_intent"] }),
        ),
      );
      const intent = refund?.payment_intent;
      return refund && refundFrom(refund, intent ? await invoiceOf(client, idOf(intent)) : null);
    },
    listRefundIds: async (charge) => {
      const refunds = await nullWhenMissing(
        client.read("refunds.list", (sdk) => sdk.refunds.list({ charge, limit: 100 })),
      );
      return (refunds?.data ?? []).map(({ id }) => id);
    },
    getDispute: async (disputeId) => {
      const dispute = await nullWhenMissing(
        client.read("disputes.retrieve", (sdk) => sdk.disputes.retrieve(disputeId, { expand: ["charge"] })),
      );
      const intent = dispute?.payment_intent;
      return dispute && disputeFrom(dispute, intent ? await invoiceOf(client, idOf(intent)) : null);
    },
  };
}

/**
 * A payment intent does not name its invoice since API 2025-03-31.basil; the tie between the two is an object of its
 * own: https://docs.stripe.com/api/invoice-payment.
 */
async function invoiceOf(client: StripeClient, paymentIntent: string): Promise<string | null> {
  const payment = { type: "payment_intent", payment_intent: paymentIntent } as const;
  const ties = await client.read("invoice-payments.list", (sdk) =>
    sdk.invoicePayments.list({ payment, limit: 1 }),
  );
  const tie = ties.data[0];
  return tie ? idOf(tie.invoice) : null;
}

type Lists = Pick<PaymentsProvider, "listSubscriptionsPage" | "listCustomersPage" | "listEventsPage">;

export function lists(client: StripeClient, mode: ProviderModeName): Lists {
  const event = (one: Stripe.Event) => eventFrom(one, mode, JSON.stringify(one));
  return {
    listSubscriptionsPage: async ({ cursor }) => {
      const { data, next } = await readPage(cursor, null, (page) =>
        client.read("subscriptions.list", (sdk) => sdk.subscriptions.list({ ...page, status: "all" })),
      );
      return { ...mapReadable(data, (one) => ({ ...subscriptionFrom(one), card: null })), next };
    },
    listCustomersPage: async ({ cursor }) => {
      const { data, next } = await readPage(cursor, null, (page) =>
        client.read("customers.list", (sdk) => sdk.customers.list(page)),
      );
      const items = data.map(({ id, metadata }) => ({
        id,
        workspaceId: ownId(metadata, METADATA.workspace),
      }));
      return { items, next };
    },
    listEventsPage: async ({ since, cursor }) => {
      const { data, next } = await readPage(cursor, seconds(since), (page) =>
        client.read("events.list", (sdk) => sdk.events.list(page)),
      );
      return { events: data.map(event), next };
    },
  };
}
