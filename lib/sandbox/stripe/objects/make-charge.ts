import type { Decline, TestCard } from "../domain/cards";
import { createId } from "../ids";
import type { Charge, PaymentIntent, PaymentMethod } from "../wire";

export interface ChargeInput {
  created: number;
  intent: PaymentIntent;
  method: PaymentMethod;
  card: TestCard;
  authenticated: boolean;
  /** Null when the charge succeeded. */
  decline: Decline | null;
  balanceTransaction: string | null;
  /** The bank has not decided yet. */
  isPending?: boolean;
  /** Where a person sees the receipt; null for a failed charge. */
  receiptUrl: string | null;
}

export function makeCharge(input: ChargeInput): Charge {
  const { intent, method, card, decline } = input;
  const id = createId("ch");
  return {
    id,
    object: "charge",
    amount: intent.amount,
    amount_captured: decline ? 0 : intent.amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: input.balanceTransaction,
    billing_details: method.billing_details,
    calculated_statement_descriptor: "BREAKWATER SANDBOX",
    captured: !decline,
    created: input.created,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: {
      advice_code: decline ? "try_again_later" : null,
      network_advice_code: null,
      network_decline_code: decline ? "01" : null,
      network_status: decline ? "declined_by_network" : "approved_by_network",
      reason: decline?.declineCode ?? null,
      risk_level: "normal",
      risk_score: 7,
      seller_message: decline
        ? "The bank did not return any further details with this decline."
        : "Payment complete.",
      type: decline ? "issuer_declined" : "authorized",
    },
    paid: !decline && !input.isPending,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: card.debit
      ? { type: "us_bank_account", us_bank_account: accountDetails(method) }
      : { card: cardDetails(input), type: "card" },
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: input.receiptUrl,
    refunded: false,
    refunds: { object: "list", data: [], has_more: false, url: `/v1/charges/${id}/refunds` },
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: decline ? "failed" : input.isPending ? "pending" : "succeeded",
    transfer_data: null,
    transfer_group: null,
  };
}

function cardDetails({ authenticated, card, decline, intent, method }: ChargeInput) {
  return {
    amount_authorized: decline ? null : intent.amount,
    authorization_code: decline ? null : "123456",
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
    country: "US",
    electronic_commerce_indicator: null,
    exp_month: method.card?.exp_month ?? 0,
    exp_year: method.card?.exp_year ?? 0,
    extended_authorization: { status: "disabled" as const },
    fingerprint: method.card?.fingerprint ?? null,
    funding: card.funding,
    incremental_authorization: { status: "unavailable" as const },
    installments: null,
    last4: method.card?.last4 ?? null,
    mandate: null,
    multicapture: { status: "unavailable" as const },
    network: card.brand,
    network_token: { used: false },
    network_transaction_id: null,
    overcapture: { maximum_amount_capturable: decline ? 0 : intent.amount, status: "unavailable" as const },
    regulated_status: "unregulated" as const,
    three_d_secure: authenticated
      ? {
          authentication_flow: "challenge" as const,
          electronic_commerce_indicator: "05" as const,
          exemption_indicator: null,
          result: "authenticated" as const,
          result_reason: null,
          transaction_id: null,
          version: "2.2.0" as const,
        }
      : null,
    transaction_link_id: null,
    wallet: null,
  };
}

function accountDetails(method: PaymentMethod) {
  const account = method.us_bank_account;
  return {
    account_holder_type: account?.account_holder_type ?? null,
    account_type: account?.account_type ?? null,
    bank_name: account?.bank_name ?? null,
    fingerprint: account?.fingerprint ?? null,
    last4: account?.last4 ?? null,
    payment_reference: null,
    routing_number: account?.routing_number ?? null,
  };
}
