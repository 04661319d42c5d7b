import { createId } from "../ids";
import type { InvoiceItem, InvoiceLine, Metadata, Price } from "../wire";

export interface InvoiceLineInput {
  /** Minor units; a credit is negative. */
  amount: number;
  description: string;
  price: Price;
  quantity: number;
  /** Unix seconds. */
  periodStart: number;
  periodEnd: number;
  proration: boolean;
  subscription: string | null;
  subscriptionItem: string;
  /** The pending invoice item that became this line. */
  invoiceItem: string | null;
  metadata: Metadata;
}

export function makeInvoiceLine(invoice: string, input: InvoiceLineInput): InvoiceLine {
  const { invoiceItem } = input;
  const proration_details = { credited_items: null };
  return {
    id: createId("il"),
    object: "line_item",
    amount: input.amount,
    currency: input.price.currency,
    description: input.description,
    discount_amounts: [],
    discountable: !input.proration,
    discounts: [],
    invoice,
    livemode: false,
    metadata: input.metadata,
    parent: invoiceItem
      ? {
          invoice_item_details: {
            invoice_item: invoiceItem,
            proration: input.proration,
            proration_details,
            subscription: input.subscription,
          },
          subscription_item_details: null,
          type: "invoice_item_details",
        }
      : {
          invoice_item_details: null,
          subscription_item_details: {
            invoice_item: null,
            proration: input.proration,
            proration_details,
            subscription: input.subscription,
            subscription_item: input.subscriptionItem,
          },
          type: "subscription_item_details",
        },
    period: { end: input.periodEnd, start: input.periodStart },
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: input.price.id, product: input.price.product },
      type: "price_details",
      unit_amount_decimal: input.price.unit_amount_decimal,
    },
    quantity: input.quantity,
    quantity_decimal: String(input.quantity),
    subscription: input.subscription,
    subtotal: input.amount,
    taxes: [],
  };
}

/** A proration that waits for the next invoice. */
export function makeInvoiceItem(customer: string, created: number, line: InvoiceLineInput): InvoiceItem {
  return {
    id: createId("ii"),
    object: "invoiceitem",
    amount: line.amount,
    currency: line.price.currency,
    customer,
    customer_account: null,
    date: created,
    description: line.description,
    discountable: false,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: line.metadata,
    net_amount: line.amount,
    parent: {
      subscription_details: {
        subscription: line.subscription ?? "",
        subscription_item: line.subscriptionItem,
      },
      type: "subscription_details",
    },
    period: { end: line.periodEnd, start: line.periodStart },
    pricing: {
      price_details: { price: line.price.id, product: line.price.product },
      type: "price_details",
      unit_amount_decimal: line.price.unit_amount_decimal,
    },
    proration: true,
    proration_details: { credited_items: null, discount_amounts: [] },
    quantity: line.quantity,
    quantity_decimal: String(line.quantity),
    tax_rates: [],
    test_clock: null,
  };
}
