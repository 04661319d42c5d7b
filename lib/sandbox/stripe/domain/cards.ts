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
  /** What its owner says of each charge later on; null: nothing. */
  dispute: "fraudulent" | "product_not_received" | "inquiry" | null;
  /** What becomes of a refund: it is done at once, waits for the bank, or is done and taken back. */
  refund: "done" | "pending" | "fails";
  /** No card but an account that is debited, which is only known to have worked (or not) a little later. */
  debit: "succeeds" | "fails" | null;
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
  dispute: null,
  refund: "done",
  debit: null,
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
  {
    ...COMMON,
    number: "4000000000000259",
    label: "Succeeds, then disputed as fraudulent",
    aliases: ["pm_card_createDispute", "tok_createDispute"],
    dispute: "fraudulent",
  },
  {
    ...COMMON,
    number: "4000000000002685",
    label: "Succeeds, then disputed as not received",
    aliases: ["pm_card_createDisputeProductNotReceived", "tok_createDisputeProductNotReceived"],
    dispute: "product_not_received",
  },
  {
    ...COMMON,
    number: "4000000000001976",
    label: "Succeeds, then an inquiry",
    aliases: ["pm_card_createDisputeInquiry", "tok_createDisputeInquiry"],
    dispute: "inquiry",
  },
  {
    ...COMMON,
    number: "4000000000007726",
    label: "Succeeds, refunds take a while",
    aliases: ["pm_card_pendingRefund", "tok_pendingRefund"],
    refund: "pending",
  },
  {
    ...COMMON,
    number: "4000000000005126",
    label: "Succeeds, refunds fail later",
    aliases: ["pm_card_refundFail", "tok_refundFail"],
    refund: "fails",
  },
];

/** US accounts of the test mode, by direct debit. https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment#test-account-numbers */
export const TEST_ACCOUNTS: readonly TestCard[] = [
  {
    ...COMMON,
    number: "000123456789",
    label: "Bank debit, succeeds a little later",
    aliases: ["pm_usBankAccount_success"],
    debit: "succeeds",
  },
  {
    ...COMMON,
    number: "000111111113",
    label: "Bank debit, fails a little later",
    aliases: ["pm_usBankAccount_accountClosed"],
    debit: "fails",
  },
];

const ALL: readonly TestCard[] = [...TEST_CARDS, ...TEST_ACCOUNTS];

/** The ones that the hosted pages offer to click; the others are for those who know them. */
export const OFFERED_CARDS = TEST_CARDS.filter(
  (card) => card.authentication !== "always" && card.dispute === null && card.refund === "done",
);

export function findCardByNumber(number: string): TestCard | undefined {
  return ALL.find((card) => card.number === number);
}

/** @throws Error for a number that no PaymentMethod of ours could have */
export function needCard(number: string): TestCard {
  const card = findCardByNumber(number);
  if (!card) throw new Error("The sandbox keeps test cards only.");
  return card;
}

export function findCardByAlias(alias: string): TestCard | undefined {
  return ALL.find((card) => card.aliases.includes(alias));
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
