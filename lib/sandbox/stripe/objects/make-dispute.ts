import { createId } from "../ids";
import type { Charge, Dispute } from "../wire";

export type DisputeReason = "fraudulent" | "product_not_received";

export interface DisputeInput {
  created: number;
  charge: Charge;
  reason: DisputeReason;
  /** An inquiry asks first: no money is taken yet. */
  isInquiry: boolean;
  brand: string;
}

/** The card networks' codes of the reasons. https://docs.stripe.com/disputes/types */
const NETWORK_CODES: Record<DisputeReason, string> = { fraudulent: "10.4", product_not_received: "13.1" };

const ANSWERED_WITHIN = 9 * 24 * 3600;

/** What is taken for it is not in it yet. */
export function makeDispute(input: DisputeInput): Dispute {
  const { charge, reason } = input;
  return {
    id: createId("dp"),
    object: "dispute",
    amount: charge.amount_captured - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created: input.created,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: noEvidence(),
    evidence_details: {
      due_by: input.created + ANSWERED_WITHIN,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: "not_submitted",
    },
    intended_submission_method: null,
    is_charge_refundable: input.isInquiry,
    livemode: false,
    metadata: {},
    network_reason_code: NETWORK_CODES[reason],
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: {
        brand: input.brand,
        case_type: input.isInquiry ? "inquiry" : "chargeback",
        network: input.brand,
        network_reason_code: NETWORK_CODES[reason],
      },
      type: "card",
    },
    reason,
    status: input.isInquiry ? "warning_needs_response" : "needs_response",
  };
}

function noEvidence(): Dispute["evidence"] {
  return {
    access_activity_log: null,
    appeal: null,
    billing_address: null,
    cancellation_policy: null,
    cancellation_policy_disclosure: null,
    cancellation_rebuttal: null,
    customer_communication: null,
    customer_email_address: null,
    customer_name: null,
    customer_purchase_ip: null,
    customer_signature: null,
    duplicate_charge_documentation: null,
    duplicate_charge_explanation: null,
    duplicate_charge_id: null,
    enhanced_evidence: {},
    product_description: null,
    receipt: null,
    refund_policy: null,
    refund_policy_disclosure: null,
    refund_refusal_explanation: null,
    service_date: null,
    service_documentation: null,
    shipping_address: null,
    shipping_carrier: null,
    shipping_date: null,
    shipping_documentation: null,
    shipping_tracking_number: null,
    uncategorized_file: null,
    uncategorized_text: null,
  };
}
