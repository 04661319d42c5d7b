import type Stripe from "stripe";
import type { Wire } from "../wire";

/** The account that the sandbox's key belongs to. */
export function makeAccount(id: string, created: number): Wire<Stripe.Account> {
  return {
    id,
    object: "account",
    business_type: null,
    capabilities: { card_payments: "active", transfers: "active" },
    charges_enabled: true,
    country: "US",
    created,
    default_currency: "usd",
    details_submitted: true,
    email: "sandbox@example.com",
    metadata: {},
    payouts_enabled: false,
    type: "standard",
  };
}
