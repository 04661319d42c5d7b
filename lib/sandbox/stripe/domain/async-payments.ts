/**
 * What the end of a bank debit means for the invoice and the checkout that it pays.
 * https://docs.stripe.com/payments/checkout/fulfill-orders#delayed-notification
 */
import type { World } from "../world";
import { completeDebit, refuseDebit } from "./debits";
import { markPaid, noteFailure } from "./invoices";
import { followInvoice } from "./subscriptions";

export function settleAsyncPayment(world: World, intentId: string, outcome: "succeeds" | "fails"): void {
  const intent = world.need("payment_intents", intentId);
  if (intent.status !== "processing") return;
  if (outcome === "succeeds") completeDebit(world, intent);
  else refuseDebit(world, intent);
  const paid = world
    .list("invoice_payments")
    .find(({ payment }) => payment.payment_intent === intentId)?.invoice;
  if (paid) settleInvoice(world, paid, outcome);
  const record = world.list("checkout_records").find(({ paymentIntent }) => paymentIntent === intentId);
  if (record) settleCheckout(world, record.id, outcome);
}

function settleInvoice(world: World, id: string, outcome: "succeeds" | "fails"): void {
  const { billing_reason, status } = world.need("invoices", id);
  if (status !== "open") return;
  if (outcome === "succeeds") markPaid(world, id);
  else noteFailure(world, id, billing_reason !== "subscription_create");
  followInvoice(world, world.need("invoices", id));
}

function settleCheckout(world: World, id: string, outcome: "succeeds" | "fails"): void {
  if (world.need("checkout_sessions", id).status !== "complete") return;
  if (outcome === "succeeds") {
    world.change(
      "checkout_sessions",
      id,
      { payment_status: "paid" },
      "checkout.session.async_payment_succeeded",
    );
  } else world.emit("checkout.session.async_payment_failed", world.need("checkout_sessions", id));
}
