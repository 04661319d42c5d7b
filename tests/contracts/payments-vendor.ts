/** What a payments contract is run against, and what its parts begin with. */
import { randomUUID } from "node:crypto";
import type { PlanKey } from "@/lib/billing/plans";
import type { CreateCheckoutInput, PaymentsProvider } from "@/lib/integrations/payments/port";

export interface PaymentsVendor {
  provider: PaymentsProvider;
  /** Another instance on the same account, as another process has it. */
  anotherProvider(): PaymentsProvider;
  badCredentials: PaymentsProvider;
  withoutWebhookSecret: PaymentsProvider;
  /** One whose circuit of writes is open; that of reads is not, and they go to where nobody answers. */
  withWritesRefused(): Promise<PaymentsProvider>;
  /** Pays an open checkout with a card that works. */
  pay(checkoutUrl: string): Promise<void>;
  /** As somebody does it on the vendor's own pages. */
  deleteCustomer(customerId: string): Promise<void>;
  /** A payment without an invoice, with a card that works, that is refused, or that its owner will dispute. */
  payAlone(customerId: string | null, card: "works" | "refused" | "disputed"): Promise<{ paymentId: string }>;
  /** Gives back a part of a payment, in minor units. */
  giveBack(paymentId: string, amount: number): Promise<{ refundId: string }>;
  /** What the payer's bank says of a payment made with a card that is disputed. */
  disputeOf(paymentId: string): Promise<{ disputeId: string }>;
  /** The next call of each kind that writes is done, and its answer lost. */
  loseNextAnswer(): Promise<void>;
  heal(): Promise<void>;
  /** What was charged and given back for a customer, in minor units. */
  books(customerId: string): Promise<{ charged: number; refunded: number; invoices: number }>;
  /** What paid a customer's newest invoice. */
  paymentOfInvoice(customerId: string): Promise<{ paymentId: string; invoiceId: string }>;
  /** A webhook as it came over the wire. */
  deliveredWebhook(): Promise<{ headers: Headers; body: Buffer }>;
  /** The same webhook signed with the previous of two secrets, and by somebody else. */
  resign(body: Buffer, secret: "previous" | "foreign", at: Date): Headers;
  stop(): Promise<void>;
}

export type Get = () => PaymentsVendor;

export const newCustomer = (vendor: PaymentsVendor, operationId: string = randomUUID()) =>
  vendor.provider.createCustomer({
    operationId,
    workspaceId: randomUUID(),
    name: "The Yard",
    email: `${operationId}@example.com`,
  });

export async function checkoutInput(
  vendor: PaymentsVendor,
  planKey: PlanKey = "pro",
): Promise<CreateCheckoutInput> {
  const { customerId } = await newCustomer(vendor);
  return {
    operationId: randomUUID(),
    workspaceId: randomUUID(),
    customerId,
    planKey,
    interval: "month",
    successUrl: "http://localhost:3999/billing/return",
    cancelUrl: "http://localhost:3999/billing",
    expiresAt: new Date(Date.now() + 60 * 60 * 1000),
  };
}

/** A customer with an active subscription, paid through the hosted checkout. */
export async function subscribed(vendor: PaymentsVendor, planKey: PlanKey = "pro") {
  const input = await checkoutInput(vendor, planKey);
  const checkout = await vendor.provider.createCheckout(input);
  await vendor.pay(checkout.url ?? "");
  const { subscriptionId } = (await vendor.provider.getCheckout(checkout.id)) ?? {};
  if (!subscriptionId) throw new Error("a paid checkout has a subscription");
  return { input, checkout, subscriptionId };
}
