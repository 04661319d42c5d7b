/** What the product can do, in the words of the people who use it; no vendor is named. Pure, safe for the browser. */

export const CAPABILITY_IDS = ["app", "sign-in", "payments", "email"] as const;
export type CapabilityId = (typeof CAPABILITY_IDS)[number];

export type ServiceLevel = "operational" | "degraded" | "down";

export interface CapabilityStatus {
  id: CapabilityId;
  name: string;
  status: ServiceLevel;
  /** Since when it is so, ISO 8601; null where that is not known. */
  since: string | null;
}

export const CAPABILITIES: Record<CapabilityId, { name: string; about: string }> = {
  app: { name: "App", about: "Your pages, projects and settings" },
  "sign-in": { name: "Sign-in", about: "Signing up, in and out" },
  payments: { name: "Payments", about: "Paying, and changing or cancelling a plan" },
  email: { name: "E-mail", about: "Confirmations, receipts and links by mail" },
};

/** What trouble means for whom it meets. */
const NOTICES: Partial<Record<CapabilityId, Record<Exclude<ServiceLevel, "operational">, string>>> = {
  payments: {
    degraded:
      "Payments and plan changes may not work at the first try right now. What you have paid for keeps working.",
    down: "New payments and plan changes are not possible right now. What you have paid for keeps working.",
  },
  email: {
    degraded: "E-mails may arrive a little later than usual. None of them is lost.",
    down: "E-mails are not being delivered right now. They are kept, and sent as soon as that is possible again.",
  },
};

/** The sentence for a capability; null while there is nothing to say. */
export function noticeFor({ id, status }: Pick<CapabilityStatus, "id" | "status">): string | null {
  return status === "operational" ? null : (NOTICES[id]?.[status] ?? null);
}

const SEVERITY: Record<ServiceLevel, number> = { operational: 0, degraded: 1, down: 2 };

export function worstOf(levels: readonly ServiceLevel[]): ServiceLevel {
  return levels.reduce<ServiceLevel>(
    (worst, level) => (SEVERITY[level] > SEVERITY[worst] ? level : worst),
    "operational",
  );
}
