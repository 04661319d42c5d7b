import { createId } from "../ids";
import type { BalanceTransaction, Charge, Metadata, Refund } from "../wire";

export interface RefundInput {
  created: number;
  charge: Charge;
  /** Minor units. */
  amount: number;
  reason: "duplicate" | "fraudulent" | "requested_by_customer" | null;
  metadata: Metadata;
  /** The bank has not answered yet. */
  isPending?: boolean;
  balanceTransaction: string;
}

export function makeRefund(input: RefundInput): Refund {
  const { charge } = input;
  return {
    id: createId("re"),
    object: "refund",
    amount: input.amount,
    balance_transaction: input.balanceTransaction,
    charge: charge.id,
    created: input.created,
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: {
      card: { reference_status: "pending", reference_type: "acquirer_reference_number", type: "refund" },
      type: "card",
    },
    metadata: input.metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: input.reason,
    receipt_number: null,
    ...(input.isPending ? { pending_reason: "processing" as const } : {}),
    source_transfer_reversal: null,
    status: input.isPending ? "pending" : "succeeded",
    transfer_reversal: null,
  };
}

export interface BalanceTransactionInput {
  created: number;
  /** Minor units; negative for money that goes out. */
  amount: number;
  currency: string;
  type: "charge" | "refund" | "refund_failure" | "adjustment";
  /** Default: the type. */
  category?: string;
  description: string | null;
  /** The charge, refund or dispute. */
  source: string | null;
}

/** Fees are left at nothing: no money moves. */
export function makeBalanceTransaction(input: BalanceTransactionInput): BalanceTransaction {
  return {
    id: createId("txn"),
    object: "balance_transaction",
    amount: input.amount,
    available_on: input.created,
    balance_type: "payments",
    created: input.created,
    currency: input.currency,
    description: input.description,
    exchange_rate: null,
    fee: 0,
    fee_details: [],
    net: input.amount,
    reporting_category: input.category ?? input.type,
    source: input.source,
    status: "available",
    type: input.type,
  };
}
