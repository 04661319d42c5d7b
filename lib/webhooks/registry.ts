import type { HandlerFamily } from "./handler";
import { deliveryHandlers } from "./handlers/resend/delivery";
import { checkoutHandlers } from "./handlers/stripe/checkout";
import { customerHandlers } from "./handlers/stripe/customer";
import { invoiceHandlers } from "./handlers/stripe/invoice";
import { subscriptionHandlers } from "./handlers/stripe/subscription";

const FAMILIES: Record<string, readonly HandlerFamily[]> = {
  stripe: [checkoutHandlers, subscriptionHandlers, invoiceHandlers, customerHandlers],
  resend: [deliveryHandlers],
};

/** Who handles a type; null for one that nobody handles. */
export function findHandler(provider: string, type: string): HandlerFamily | null {
  return FAMILIES[provider]?.find((family) => family.types.includes(type)) ?? null;
}
