/** The vendor's documented test cards and how each behaves. https://docs.stripe.com/testing */

export interface Decline {
  code: "card_declined" | "authentication_required" | "expired_card";
  declineCode: string;
  message: string;
}

export interface TestCard {
  number: string;
  brand: "visa" | "mastercard" | "amex";
  funding: "credit" | "debit";
  /** What the hosted page says beside it. */
  label: string;
  /** Ready-made PaymentMethods of the API's test mode that stand for it. */
  aliases: readonly string[];
  /** Why attaching it to a customer fails. */
  attachDecline: Decline | null;
  /** Why charging it fails. */
  chargeDecline: Decline | null;
  /** `once`: 3-D Secure when it is first used or set up. */
  authentication: "none" | "once" | "always";
}

const INSUFFICIENT_FUNDS: Decline = {
  code: "card_declined",
  declineCode: "insufficient_funds",
  message: "Your card has insufficient funds.",
};

const GENERIC_DECLINE: Decline = {
  code: "card_declined",
  declineCode: "generic_decline",
  message: "Your card was declined.",
};

export const AUTHENTICATION_REQUIRED: Decline = {
  code: "authentication_required",
  declineCode: "authentication_required",
  message: "Your card was declined. This transaction requires authentication.",
};

const COMMON = {
  brand: "visa",
  funding: "credit",
  attachDecline: null,
  chargeDecline: null,
  authentication: "none",
} as const;

const TEST_CARDS: readonly TestCard[] = [
  { ...COMMON, number: "4242424242424242", label: "Visa, succeeds", aliases: ["pm_card_visa", "tok_visa"] },
  {
    ...COMMON,
    number: "5555555555554444",
    brand: "mastercard",
    label: "Mastercard, succeeds",
    aliases: ["pm_card_mastercard", "tok_mastercard"],
  },
  {
    ...COMMON,
    number: "4000002500003155",
    label: "Asks for 3-D Secure",
    aliases: ["pm_card_authenticationRequiredOnSetup"],
    authentication: "once",
  },
  {
    ...COMMON,
    number: "4000000000009995",
    label: "Declined: insufficient funds",
    aliases: ["pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_chargeDeclinedInsufficientFunds"],
    attachDecline: INSUFFICIENT_FUNDS,
    chargeDecline: INSUFFICIENT_FUNDS,
  },
  {
    ...COMMON,
    number: "4000000000000341",
    label: "Attaches, then every charge fails",
    aliases: ["pm_card_chargeCustomerFail", "tok_chargeCustomerFail"],
    chargeDecline: GENERIC_DECLINE,
  },
  {
    ...COMMON,
    number: "4000000000000002",
    label: "Declined",
    aliases: ["pm_card_visa_chargeDeclined", "pm_card_chargeDeclined"],
    attachDecline: GENERIC_DECLINE,
    chargeDecline: GENERIC_DECLINE,
  },
  {
    ...COMMON,
    number: "4000002760003184",
    label: "Asks for 3-D Secure every time",
    aliases: ["pm_card_authenticationRequired"],
    authentication: "always",
  },
];

/** The ones that the hosted pages offer to click: the last is for those who know it. */
export const OFFERED_CARDS = TEST_CARDS.filter((card) => card.authentication !== "always");

export function findCardByNumber(number: string): TestCard | undefined {
  return TEST_CARDS.find((card) => card.number === number);
}

export function findCardByAlias(alias: string): TestCard | undefined {
  return TEST_CARDS.find((card) => card.aliases.includes(alias));
}

/** The check digit of card numbers: ISO/IEC 7812-1, annex B. */
export function passesLuhn(number: string): boolean {
  if (!/^\d{12,19}$/.test(number)) return false;
  let sum = 0;
  for (const [index, digit] of [...number].toReversed().entries()) {
    const doubled = Number(digit) * (index % 2 === 1 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Name of a card brand as people write it. */
export function brandName(brand: string): string {
  return { visa: "Visa", mastercard: "Mastercard", amex: "American Express" }[brand] ?? "Card";
}
