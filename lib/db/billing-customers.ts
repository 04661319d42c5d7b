import type { CardSnapshot } from "@/lib/integrations/payments/port";
import { Prisma } from "@/prisma/generated/client";
import { type Database, db } from "./client";
import { scopeColumns } from "./scope";

/** The workspace behind a vendor's customer, and whom to write to. */
export interface BillingOwner {
  workspaceId: string;
  workspaceName: string;
  /** The first owner first. */
  owners: { userId: string; email: string }[];
}

/** One for each owner; a workspace without one has a row, too. */
interface OwnerRow {
  workspaceId: string;
  workspaceName: string;
  userId: string | null;
  email: string | null;
}

const NO_CARD = { cardBrand: null, cardLast4: null, cardExpMonth: null, cardExpYear: null };

/**
 * By the vendor's customer; else by the workspace that the metadata names, or by what was paid: a customer that was
 * replaced by another one still has a past.
 */
export async function findBillingOwner(input: {
  customerId: string | null;
  workspaceId?: string | null;
  invoiceId?: string | null;
  paymentId?: string | null;
}): Promise<BillingOwner | null> {
  const { customerId, workspaceId = null, invoiceId = null, paymentId = null } = input;
  const { provider, mode, account } = scopeColumns();
  const isScoped = Prisma.sql`provider = ${provider} AND mode = ${mode}::provider_mode AND account = ${account}`;
  const rows = await db().$queryRaw<OwnerRow[]>`
    SELECT workspace.id AS "workspaceId", workspace.name AS "workspaceName", owner.id AS "userId", owner.email
      FROM workspace
      LEFT JOIN membership ON membership.workspace_id = workspace.id AND membership.role = 'OWNER'
      LEFT JOIN "user" AS owner ON owner.id = membership.user_id
     WHERE workspace.id = COALESCE(
             (SELECT workspace_id FROM billing_customer WHERE ${isScoped} AND external_id = ${customerId}),
             (SELECT id FROM workspace WHERE id = ${workspaceId}::uuid),
             (SELECT workspace_id FROM invoice WHERE ${isScoped} AND external_id = ${invoiceId}),
             (SELECT workspace_id FROM payment WHERE ${isScoped} AND external_id = ${paymentId}))
     ORDER BY membership.created_at, membership.id`;
  const [first] = rows;
  if (!first) return null;
  return {
    workspaceId: first.workspaceId,
    workspaceName: first.workspaceName,
    owners: rows.flatMap(({ userId, email }) => (userId && email ? [{ userId, email }] : [])),
  };
}

/** The vendor's customer of a workspace in this scope, unless it was deleted there. */
export async function findCustomerId(workspaceId: string): Promise<string | null> {
  const row = await db().billingCustomer.findFirst({
    where: { ...scopeColumns(), workspaceId, deletedAt: null },
    select: { externalId: true },
  });
  return row?.externalId ?? null;
}

/** The vendor's customer of a workspace that the vendor was seen to know no more: a new one takes its place. */
export async function findDeletedCustomerId(workspaceId: string): Promise<string | null> {
  const row = await db().billingCustomer.findFirst({
    where: { ...scopeColumns(), workspaceId, deletedAt: { not: null } },
    select: { externalId: true },
  });
  return row?.externalId ?? null;
}

/**
 * Notes that the vendor knows a customer no more. Not held up by a fence, as what is deleted stays so; but it raises the
 * row's, so that what was read before this look cannot take it back.
 */
export async function markCustomerDeleted(
  tx: Database,
  input: { customerId: string; at: Date; fence: bigint },
): Promise<{ workspaceId: string; isNew: boolean } | null> {
  const where = { ...scopeColumns(), externalId: input.customerId };
  const { count } = await tx.billingCustomer.updateMany({
    where: { ...where, deletedAt: null },
    data: { deletedAt: input.at, ...NO_CARD },
  });
  await tx.billingCustomer.updateMany({
    where: { ...where, fence: { lt: input.fence } },
    data: { fence: input.fence },
  });
  const row = await tx.billingCustomer.findFirst({ where, select: { workspaceId: true } });
  return row && { workspaceId: row.workspaceId, isNew: count === 1 };
}

/**
 * Takes back that a customer was deleted, where the vendor was seen to know it later than that: the wrong account's key
 * had been asked, or the vendor was wrong. Its workspace; null where there is nothing to take back.
 */
export async function restoreCustomer(
  tx: Database,
  input: { customerId: string; fence: bigint },
): Promise<string | null> {
  const where = { ...scopeColumns(), externalId: input.customerId };
  const { count } = await tx.billingCustomer.updateMany({
    where: { ...where, deletedAt: { not: null }, fence: { lt: input.fence } },
    data: { deletedAt: null, fence: input.fence },
  });
  if (count === 0) return null;
  const row = await tx.billingCustomer.findFirst({ where, select: { workspaceId: true } });
  return row?.workspaceId ?? null;
}

/** The customer's row, made where it is missing; a workspace keeps the first customer it was given. */
export async function ensureBillingCustomer(
  tx: Database,
  input: { workspaceId: string; customerId: string },
): Promise<{ id: string; externalId: string }> {
  const key = { ...scopeColumns(), workspaceId: input.workspaceId };
  const select = { id: true, externalId: true };
  const known = await tx.billingCustomer.findFirst({ where: key, select });
  if (known) return known;
  await tx.billingCustomer.createMany({
    data: [{ ...key, externalId: input.customerId }],
    skipDuplicates: true,
  });
  return tx.billingCustomer.findFirstOrThrow({ where: key, select });
}

/** Puts a new vendor's customer in the place of one that the vendor no longer knows; what hangs on the row stays. */
export async function replaceCustomerId(
  tx: Database,
  input: { workspaceId: string; gone: string; customerId: string },
): Promise<void> {
  await tx.billingCustomer.updateMany({
    where: { ...scopeColumns(), workspaceId: input.workspaceId, externalId: input.gone },
    data: { externalId: input.customerId, deletedAt: null, ...NO_CARD },
  });
}

/**
 * What the billing page says of the card, unless something newer is there, or the customer that it was read of is not
 * the workspace's any more.
 */
export async function saveCard(
  tx: Database,
  input: { billingCustomerId: string; customerId: string; card: CardSnapshot | null; fence: bigint },
): Promise<void> {
  const { billingCustomerId: id, customerId: externalId, fence } = input;
  await tx.billingCustomer.updateMany({
    where: { id, externalId, deletedAt: null, fence: { lt: fence } },
    data: {
      fence: input.fence,
      cardBrand: input.card?.brand ?? null,
      cardLast4: input.card?.last4 ?? null,
      cardExpMonth: input.card?.expMonth ?? null,
      cardExpYear: input.card?.expYear ?? null,
    },
  });
}
