/**
 * Debits of a bank account: accepted at once, decided a little later.
 * https://docs.stripe.com/payments/ach-direct-debit
 */
import { makeCharge } from "../objects/make-charge";
import { makeBalanceTransaction } from "../objects/make-refund";
import type { Charge, PaymentIntent, PaymentMethod } from "../wire";
import type { World } from "../world";
import type { TestCard } from "./cards";

/** Seconds until the bank has decided; the vendor's test mode takes minutes. */
const DECIDED_AFTER = 3;

export function beginDebit(
  world: World,
  intent: PaymentIntent,
  method: PaymentMethod,
  account: TestCard,
): { kind: "processing" } {
  const charge = makeCharge({
    created: world.nowFor(intent.customer),
    intent,
    method,
    card: account,
    authenticated: false,
    decline: null,
    isPending: true,
    balanceTransaction: null,
    receiptUrl: null,
  });
  world.add("charges", charge, "charge.pending");
  world.change(
    "payment_intents",
    intent.id,
    {
      status: "processing",
      latest_charge: charge.id,
      payment_method: method.id,
      next_action: null,
      last_payment_error: null,
    },
    "payment_intent.processing",
  );
  const outcome = account.debit ?? "fails";
  world.put("later", { id: intent.id, at: world.now() + DECIDED_AFTER, task: "async_payment", outcome });
  return { kind: "processing" };
}

/** The bank has paid. */
export function completeDebit(world: World, intent: PaymentIntent): void {
  const charge = chargeOf(world, intent);
  const { amount, currency, description } = intent;
  const transaction = makeBalanceTransaction({
    created: world.nowFor(intent.customer),
    amount,
    currency,
    type: "charge",
    description,
    source: charge.id,
  });
  world.put("balance_transactions", transaction);
  world.change(
    "charges",
    charge.id,
    {
      status: "succeeded",
      paid: true,
      balance_transaction: transaction.id,
      receipt_url: `${world.baseUrl}/receipts/${intent.id}`,
    },
    "charge.succeeded",
  );
  const changes = { status: "succeeded" as const, amount_received: amount };
  world.change("payment_intents", intent.id, changes, "payment_intent.succeeded");
}

const CLOSED = "The customer's bank account has been closed.";

/** The bank has refused. */
export function refuseDebit(world: World, intent: PaymentIntent): void {
  const charge = chargeOf(world, intent);
  const changes = {
    status: "failed" as const,
    amount_captured: 0,
    captured: false,
    failure_code: "account_closed",
    failure_message: CLOSED,
  };
  world.change("charges", charge.id, changes, "charge.failed");
  world.change(
    "payment_intents",
    intent.id,
    {
      status: "requires_payment_method",
      payment_method: null,
      last_payment_error: {
        type: "invalid_request_error",
        code: "account_closed",
        message: CLOSED,
        charge: charge.id,
        payment_method: world.get("payment_methods", charge.payment_method ?? ""),
      },
    },
    "payment_intent.payment_failed",
  );
}

function chargeOf(world: World, intent: PaymentIntent): Charge {
  return world.need("charges", intent.latest_charge ?? "");
}
