/** What pages are handed: plain data, no database rows. Times are ISO 8601 in UTC, amounts minor units (cents). */
import type { SubscriptionView } from "./status";

export interface Viewer {
  userId: string;
  name: string;
  email: string;
  emailVerified: boolean;
  isOperator: boolean;
  workspaceId: string;
  workspaceName: string;
  role: "owner" | "admin" | "member";
}

export interface CardView {
  brand: string;
  last4: string;
  expMonth: number;
  expYear: number;
}

export interface InvoiceView {
  id: string;
  number: string | null;
  status: "draft" | "open" | "paid" | "uncollectible" | "void";
  description: string | null;
  total: number;
  currency: string;
  issuedAt: string;
  /** A path of ours that leads to the invoice; null while there is nothing to see. */
  href: string | null;
}

/** The last change of a subscription, while there is something to say of it. */
export interface PendingOperationView {
  id: string;
  kind: "change_plan" | "cancel" | "resume";
  /**
   * "checking": it is being found out whether it took effect; "not_made": it did not, which was found out a moment ago.
   */
  state: "under_way" | "checking" | "not_made";
}

export interface BillingOverview {
  subscription: SubscriptionView | null;
  card: CardView | null;
  /** Newest first, at most 24. */
  invoices: InvoiceView[];
  pending: PendingOperationView | null;
}

export interface DashboardView {
  subscription: SubscriptionView | null;
  usage: { projects: number; members: number };
  /** Newest first. */
  projects: { id: string; name: string; createdAt: string }[];
}
