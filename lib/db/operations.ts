import { type BillingInterval, isPaidPlanKey, type PaidPlanKey } from "@/lib/billing/plans";
import { isIntegrationError } from "@/lib/errors/integration-error";
import type { Prisma } from "@/prisma/generated/client";
import type { OperationKind, OperationState } from "@/prisma/generated/enums";
import { type Database, db } from "./client";
import { scopeColumns } from "./scope";

/** What a checkout or a switch was asked for. */
export interface PlanChoice {
  planKey: PaidPlanKey;
  interval: BillingInterval;
}

/** What the vendor answered to an operation. */
export interface OperationResult {
  checkoutId?: string;
  url?: string;
  customerId?: string;
}

export interface Operation {
  id: string;
  workspaceId: string;
  kind: OperationKind;
  state: OperationState;
  /** For a checkout or a switch. */
  input: PlanChoice | null;
  /** For a customer: the address it was made with. */
  email: string | null;
  result: OperationResult;
  /** Of the last attempt; set while open, it says that nobody is at work on it. */
  errorCode: string | null;
  createdAt: Date;
  expiresAt: Date | null;
}

interface OperationRow {
  id: string;
  workspaceId: string;
  kind: OperationKind;
  state: OperationState;
  input: Prisma.JsonValue;
  result: Prisma.JsonValue;
  errorCode: string | null;
  createdAt: Date;
  expiresAt: Date | null;
}

function planChoice(json: Prisma.JsonValue): PlanChoice | null {
  if (json === null || typeof json !== "object" || Array.isArray(json)) return null;
  const { planKey, interval } = json;
  if (!isPaidPlanKey(planKey) || (interval !== "month" && interval !== "year")) return null;
  return { planKey, interval };
}

function emailOf(json: Prisma.JsonValue): string | null {
  if (json === null || typeof json !== "object" || Array.isArray(json)) return null;
  return typeof json.email === "string" ? json.email : null;
}

function resultOf(json: Prisma.JsonValue): OperationResult {
  if (json === null || typeof json !== "object" || Array.isArray(json)) return {};
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return { checkoutId: text(json.checkoutId), url: text(json.url), customerId: text(json.customerId) };
}

function toOperation(row: OperationRow): Operation {
  const { id, workspaceId, kind, state, errorCode, createdAt, expiresAt } = row;
  return {
    id,
    workspaceId,
    kind,
    state,
    errorCode,
    createdAt,
    expiresAt,
    input: planChoice(row.input),
    email: emailOf(row.input),
    result: resultOf(row.result),
  };
}

function openKey(workspaceId: string, kind: OperationKind): string {
  const { provider, mode, account } = scopeColumns();
  return [provider, mode, account, workspaceId, kind].join(":");
}

/**
 * Commits an operation before the vendor is called, or answers the one that is open already: unique while open per
 * workspace and kind, so that a second click, tab or member meets the first.
 */
export async function beginOperation(input: {
  workspaceId: string;
  userId: string;
  kind: OperationKind;
  input: PlanChoice | { email: string } | null;
  expiresAt?: Date;
}): Promise<{ operation: Operation; isNew: boolean }> {
  const key = openKey(input.workspaceId, input.kind);
  // Two rounds: the one that was open may be closed between our insert and our look.
  for (let round = 0; round < 3; round += 1) {
    const created = await db().operation.createManyAndReturn({
      data: [
        {
          ...scopeColumns(),
          workspaceId: input.workspaceId,
          userId: input.userId,
          kind: input.kind,
          openKey: key,
          input: input.input ? { ...input.input } : {},
          expiresAt: input.expiresAt ?? null,
        },
      ],
      skipDuplicates: true,
    });
    if (created[0]) return { operation: toOperation(created[0]), isNew: true };
    const open = await db().operation.findUnique({ where: { openKey: key } });
    if (open) return { operation: toOperation(open), isNew: false };
  }
  throw new Error(`operation ${input.kind} opens and closes faster than it can be met`);
}

export async function findOperation(workspaceId: string, id: string): Promise<Operation | null> {
  const row = await db().operation.findFirst({ where: { ...scopeColumns(), id, workspaceId } });
  return row && toOperation(row);
}

/** Keeps what the vendor answered; the operation stays open. */
export async function saveOperationResult(id: string, result: OperationResult): Promise<void> {
  await db().operation.update({ where: { id }, data: { result: { ...result } } });
}

/**
 * An operation older than this has lost its maker: every vendor deadline is shorter. What came of it is looked up at
 * the vendor before anything is done under a new key, for an idempotency key may replay a stored failure for a day.
 */
const ABANDONED_MS = 20_000;

/** Whether an open operation's maker may still be at work on it. */
export function isUnderWay(operation: Operation): boolean {
  return (
    operation.state === "OPEN" &&
    operation.errorCode === null &&
    Date.now() - operation.createdAt.getTime() < ABANDONED_MS
  );
}

/** Runs the vendor's part of an operation: a refusal closes it, an unknown outcome leaves it to be looked up. */
export async function attemptOperation<T>(operation: Operation, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const kind = isIntegrationError(error) ? error.kind : "unknown";
    const refused = isIntegrationError(error) && !error.retryable && error.kind !== "unknown";
    if (refused) await closeOperation(db(), operation.id, "FAILED", kind);
    else
      await db().operation.updateMany({
        where: { id: operation.id, state: "OPEN" },
        data: { errorCode: kind },
      });
    throw error;
  }
}

/** Closes an operation, if it is still open. */
export async function closeOperation(
  tx: Database,
  id: string,
  state: Exclude<OperationState, "OPEN">,
  errorCode: string | null = null,
): Promise<void> {
  await tx.operation.updateMany({ where: { id, state: "OPEN" }, data: { state, openKey: null, errorCode } });
}

/** Closes the checkout operation behind a vendor's checkout, by either id: one of them may have been lost. */
export async function closeCheckoutOperation(
  tx: Database,
  checkout: { checkoutId: string; operationId: string | null },
  state: "SUCCEEDED" | "EXPIRED",
): Promise<void> {
  const byResult = { result: { path: ["checkoutId"], equals: checkout.checkoutId } };
  await tx.operation.updateMany({
    where: {
      ...scopeColumns(),
      kind: "CHECKOUT",
      state: "OPEN",
      OR: checkout.operationId ? [byResult, { id: checkout.operationId }] : [byResult],
    },
    data: { state, openKey: null },
  });
}

/** The checkout that is open for a workspace. */
export async function findOpenCheckout(tx: Database, workspaceId: string): Promise<Operation | null> {
  const row = await tx.operation.findUnique({ where: { openKey: openKey(workspaceId, "CHECKOUT") } });
  return row && toOperation(row);
}
