import { randomBytes } from "node:crypto";

/** What follows the prefix: a fixed lead (the vendor's ids carry one) and random letters and digits. */
const SHAPES = {
  acct: { lead: "1", random: 15 },
  bpc: { lead: "1", random: 23 },
  bps: { lead: "1", random: 23 },
  ch: { lead: "3", random: 23 },
  clock: { lead: "1", random: 23 },
  cs_test: { lead: "a1", random: 56 },
  cus: { lead: "", random: 14 },
  dp: { lead: "1", random: 23 },
  evt: { lead: "1", random: 23 },
  ii: { lead: "1", random: 23 },
  il: { lead: "1", random: 23 },
  in: { lead: "1", random: 23 },
  inpay: { lead: "1", random: 23 },
  li: { lead: "1", random: 23 },
  pi: { lead: "3", random: 23 },
  pm: { lead: "1", random: 23 },
  price: { lead: "1", random: 23 },
  prod: { lead: "", random: 14 },
  re: { lead: "3", random: 23 },
  req: { lead: "", random: 14 },
  seti: { lead: "1", random: 23 },
  si: { lead: "", random: 14 },
  sub: { lead: "1", random: 23 },
  txn: { lead: "3", random: 23 },
  we: { lead: "1", random: 23 },
} as const;

export type IdPrefix = keyof typeof SHAPES;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** An id that looks like the vendor's, such as `cus_QXg1o8vcGmoR32`. */
export function createId(prefix: IdPrefix): string {
  const { lead, random } = SHAPES[prefix];
  return `${prefix}_${lead}${randomLetters(random)}`;
}

/** The part of a client secret that nobody may guess. */
export function createClientSecret(id: string): string {
  return `${id}_secret_${randomLetters(25)}`;
}

/** Letters and digits; 62 does not divide 256, and the tiny bias does not matter for made-up ids. */
export function randomLetters(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
