import { createHash } from "node:crypto";
import type { TestCard } from "../domain/cards";
import { createId } from "../ids";
import type { Metadata, PaymentMethod } from "../wire";

export interface PaymentMethodInput {
  created: number;
  card: TestCard;
  expMonth: number;
  /** Four digits. */
  expYear: number;
  name?: string | null;
  email?: string | null;
  metadata?: Metadata;
}

export function makePaymentMethod(input: PaymentMethodInput): PaymentMethod {
  const { card } = input;
  return {
    id: createId("pm"),
    object: "payment_method",
    allow_redisplay: "limited",
    billing_details: {
      address: { city: null, country: "US", line1: null, line2: null, postal_code: null, state: null },
      email: input.email ?? null,
      name: input.name ?? null,
      phone: null,
      tax_id: null,
    },
    created: input.created,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: input.metadata ?? {},
    ...(card.debit
      ? { type: "us_bank_account", us_bank_account: accountDetails(card.number) }
      : { type: "card", card: cardDetails(input) }),
  };
}

function cardDetails({ card, expMonth, expYear }: PaymentMethodInput): PaymentMethod["card"] {
  return {
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "unchecked" },
    country: "US",
    display_brand: card.brand,
    exp_month: expMonth,
    exp_year: expYear,
    fingerprint: fingerprintOf(card.number),
    funding: card.funding,
    generated_from: null,
    last4: card.number.slice(-4),
    networks: { available: [card.brand], preferred: null },
    regulated_status: "unregulated",
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}

function accountDetails(number: string): PaymentMethod["us_bank_account"] {
  return {
    account_holder_type: "individual",
    account_type: "checking",
    bank_name: "STRIPE TEST BANK",
    financial_connections_account: null,
    fingerprint: fingerprintOf(number),
    last4: number.slice(-4),
    networks: { preferred: "ach", supported: ["ach"] },
    routing_number: "110000000",
    status_details: {},
  };
}

function fingerprintOf(number: string): string {
  return createHash("sha256").update(number).digest("base64url").slice(0, 16);
}
