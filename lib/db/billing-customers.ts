import type { CardSnapshot } from "@/lib/integrations/payments/port";
import { type Database, db } from "./client";
import { scopeColumns } from "./scope";

/** The workspace behind a vendor's customer, and whom to write to. */
export interface BillingOwner {
  workspaceId: string;
  workspaceName: string;
  /** Owners' addresses, the first owner first. */
  ownerEmails: string[];
}

const ownerSelect = {
  id: true,
  name: true,
  memberships: {
    where: { role: "OWNER" },
    orderBy: { createdAt: "asc" },
    select: { user: { select: { email: true } } },
  },
} as const;

export async function findBillingOwner(input: {
  customerId: string;
  workspaceId: string | null;
}): Promise<BillingOwner | null> {
  const customer = await db().billingCustomer.findFirst({
    where: { ...scopeColumns(), externalId: input.customerId },
    select: { workspace: { select: ownerSelect } },
  });
  const workspace =
    customer?.workspace ??
    (input.workspaceId
      ? await db().workspace.findUnique({ where: { id: input.workspaceId }, select: ownerSelect })
      : null);
  return (
    workspace && {
      workspaceId: workspace.id,
      workspaceName: workspace.name,
      ownerEmails: workspace.memberships.map(({ user }) => user.email),
    }
  );
}

/** The vendor's customer of a workspace in this scope. */
export async function findCustomerId(workspaceId: string): Promise<string | null> {
  const row = await db().billingCustomer.findFirst({
    where: { ...scopeColumns(), workspaceId },
    select: { externalId: true },
  });
  return row?.externalId ?? null;
}

/** The customer's row, made where it is missing; a workspace keeps the first customer it was given. */
export async function ensureBillingCustomer(
  tx: Database,
  input: { workspaceId: string; customerId: string },
): Promise<{ id: string; externalId: string }> {
  const scope = scopeColumns();
  await tx.billingCustomer.createMany({
    data: [{ ...scope, workspaceId: input.workspaceId, externalId: input.customerId }],
    skipDuplicates: true,
  });
  return tx.billingCustomer.findFirstOrThrow({
    where: { ...scope, workspaceId: input.workspaceId },
    select: { id: true, externalId: true },
  });
}

/** Puts a new vendor's customer in the place of one that the vendor no longer knows; what hangs on the row stays. */
export async function replaceCustomerId(
  tx: Database,
  input: { workspaceId: string; gone: string; customerId: string },
): Promise<void> {
  await tx.billingCustomer.updateMany({
    where: { ...scopeColumns(), workspaceId: input.workspaceId, externalId: input.gone },
    data: { externalId: input.customerId },
  });
}

/** What the billing page says of the card, unless something newer is there. */
export async function saveCard(
  tx: Database,
  input: { billingCustomerId: string; card: CardSnapshot | null; fence: bigint },
): Promise<void> {
  await tx.billingCustomer.updateMany({
    where: { id: input.billingCustomerId, fence: { lt: input.fence } },
    data: {
      fence: input.fence,
      cardBrand: input.card?.brand ?? null,
      cardLast4: input.card?.last4 ?? null,
      cardExpMonth: input.card?.expMonth ?? null,
      cardExpYear: input.card?.expYear ?? null,
    },
  });
}
