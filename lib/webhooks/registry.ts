import type { HandlerFamily } from "./handler";
import { resendDeliveryHandlers } from "./handlers/resend/delivery";
import { sendGridDeliveryHandlers } from "./handlers/sendgrid/delivery";
import { chargeHandlers } from "./handlers/stripe/charge";
import { checkoutHandlers } from "./handlers/stripe/checkout";
import { customerHandlers } from "./handlers/stripe/customer";
import { disputeHandlers } from "./handlers/stripe/dispute";
import { invoiceHandlers } from "./handlers/stripe/invoice";
import { operationHandlers } from "./handlers/stripe/operation";
import { paymentHandlers } from "./handlers/stripe/payment";
import { refundHandlers } from "./handlers/stripe/refund";
import { subscriptionHandlers } from "./handlers/stripe/subscription";

const FAMILIES: Record<string, readonly HandlerFamily[]> = {
  stripe: [
    checkoutHandlers,
    subscriptionHandlers,
    invoiceHandlers,
    paymentHandlers,
    refundHandlers,
    chargeHandlers,
    disputeHandlers,
    customerHandlers,
    operationHandlers,
  ],
  resend: [resendDeliveryHandlers],
  sendgrid: [sendGridDeliveryHandlers],
};

/** Who handles a type; null for one that nobody handles. */
export function findHandler(provider: string, type: string): HandlerFamily | null {
  return FAMILIES[provider]?.find((family) => family.types.includes(type)) ?? null;
}
