import type { HandlerFamily } from "./handler";
import { resendDeliveryHandlers } from "./handlers/resend/delivery";
import { sendGridDeliveryHandlers } from "./handlers/sendgrid/delivery";
import { checkoutHandlers } from "./handlers/stripe/checkout";
import { customerHandlers } from "./handlers/stripe/customer";
import { invoiceHandlers } from "./handlers/stripe/invoice";
import { operationHandlers } from "./handlers/stripe/operation";
import { subscriptionHandlers } from "./handlers/stripe/subscription";

const FAMILIES: Record<string, readonly HandlerFamily[]> = {
  stripe: [checkoutHandlers, subscriptionHandlers, invoiceHandlers, customerHandlers, operationHandlers],
  resend: [resendDeliveryHandlers],
  sendgrid: [sendGridDeliveryHandlers],
};

/** Who handles a type; null for one that nobody handles. */
export function findHandler(provider: string, type: string): HandlerFamily | null {
  return FAMILIES[provider]?.find((family) => family.types.includes(type)) ?? null;
}
