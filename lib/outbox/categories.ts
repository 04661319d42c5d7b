/**
 * Which mails a person may do without. A transactional one is the answer to something that its reader did, or tells
 * them of their money: it cannot be unsubscribed from. Every other one can, by one click.
 */
import type { Mail } from "./render-mail";

export type MailCategory = Mail["template"];

interface Category {
  transactional: boolean;
  /** As the page that ends them calls them. */
  name: string;
}

const CATEGORIES: Record<MailCategory, Category> = {
  "verify-email": { transactional: true, name: "mails that confirm your address" },
  "reset-password": { transactional: true, name: "mails that reset your password" },
  "already-registered": { transactional: true, name: "mails about your sign-in" },
  welcome: { transactional: false, name: "mails that welcome you and show you around" },
  "operator-test": { transactional: true, name: "tests that you send yourself" },
  receipt: { transactional: true, name: "receipts" },
  refund: { transactional: true, name: "mails about refunds" },
  "payment-failed": { transactional: true, name: "mails about payments that failed" },
  "subscription-cancelled": { transactional: true, name: "mails about your plan's end" },
};

function isCategory(name: string): name is MailCategory {
  return Object.hasOwn(CATEGORIES, name);
}

/** One that is not known any more counts as transactional: it was written for a reason that is forgotten here. */
export function isTransactional(category: string): boolean {
  return !isCategory(category) || CATEGORIES[category].transactional;
}

/** What its reader knows it as; null for one that cannot be unsubscribed from. */
export function unsubscribableName(category: string): string | null {
  return isCategory(category) && !CATEGORIES[category].transactional ? CATEGORIES[category].name : null;
}
