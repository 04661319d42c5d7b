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
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "unchecked" },
      country: "US",
      display_brand: card.brand,
      exp_month: input.expMonth,
      exp_year: input.expYear,
      fingerprint: createHash("sha256").update(card.number).digest("base64url").slice(0, 16),
      funding: card.funding,
      generated_from: null,
      last4: card.number.slice(-4),
      networks: { available: [card.brand], preferred: null },
      regulated_status: "unregulated",
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: input.created,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: input.metadata ?? {},
    type: "card",
  };
}
