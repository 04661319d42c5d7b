import { createId } from "../ids";
import type { Invoice, InvoicePayment } from "../wire";

/** Ties an invoice to the PaymentIntent that pays it; in this API version nothing else does. */
export function makeInvoicePayment(invoice: Invoice, paymentIntent: string, created: number): InvoicePayment {
  return {
    id: createId("inpay"),
    object: "invoice_payment",
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: paymentIntent, type: "payment_intent" },
    status: "open",
    status_transitions: { canceled_at: null, paid_at: null },
  };
}
