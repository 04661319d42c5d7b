import { type BillingInterval, isPaidPlanKey, type PaidPlanKey } from "@/lib/billing/plans";
import { isAppError } from "@/lib/errors/app-error";
import { isIntegrationError, mayHaveTakenEffect } from "@/lib/errors/integration-error";
import { requestContext } from "@/lib/request-context";
import type { Prisma } from "@/prisma/generated/client";
import type { OperationKind, OperationState } from "@/prisma/generated/enums";
import { type Database, db } from "./client";
import { scopeColumns } from "./scope";

/** What a checkout or a switch was asked for. */
export interface PlanChoice {
  planKey: PaidPlanKey;
  interval: BillingInterval;
}

/** What an operation was asked for: its row keeps it. */
type OperationInput =
  | PlanChoice
  | { email: string }
  /** For a write to a subscription; the choice where it is a switch. */
  | ({ subscriptionId: string } & Partial<PlanChoice>);

/** What the vendor answered to an operation. */
export interface OperationResult {
  checkoutId?: string;
  url?: string;
  customerId?: string;
}

export interface Operation {
  id: string;
  workspaceId: string;
  /** Who asked; null once that person is deleted. */
  userId: string | null;
  kind: OperationKind;
  state: OperationState;
  /** For a checkout or a switch. */
  input: PlanChoice | null;
  /** For a customer: the address it was made with. */
  email: string | null;
  /** For a write to a subscription: the vendor's id of it. */
  subscriptionId: string | null;
  result: OperationResult;
  /** Of the last attempt; set while open, it says that nobody is at work on it. */
  errorCode: string | null;
  createdAt: Date;
  expiresAt: Date | null;
}

interface OperationRow {
  id: string;
  workspaceId: string;
  userId: string | null;
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

function textOf(json: Prisma.JsonValue, key: string): string | null {
  if (json === null || typeof json !== "object" || Array.isArray(json)) return null;
  const value = json[key];
  return typeof value === "string" ? value : null;
}

function resultOf(json: Prisma.JsonValue): OperationResult {
  const text = (key: string) => textOf(json, key) ?? undefined;
  return { checkoutId: text("checkoutId"), url: text("url"), customerId: text("customerId") };
}

function toOperation(row: OperationRow): Operation {
  const { id, workspaceId, userId, kind, state, errorCode, createdAt, expiresAt } = row;
  return {
    id,
    workspaceId,
    userId,
    kind,
    state,
    errorCode,
    createdAt,
    expiresAt,
    input: planChoice(row.input),
    email: textOf(row.input, "email"),
    subscriptionId: textOf(row.input, "subscriptionId"),
    result: resultOf(row.result),
  };
}

/** Writes to a subscription: the vendor's metadata has room for the last of them alone, so one is open at a time. */
export const SUBSCRIPTION_WRITES = ["CHANGE_PLAN", "CANCEL", "RESUME"] as const;
export type SubscriptionWriteKind = (typeof SUBSCRIPTION_WRITES)[number];

function isSubscriptionWrite(kind: OperationKind): boolean {
  return SUBSCRIPTION_WRITES.some((one) => one === kind);
}

function openKey(workspaceId: string, kind: OperationKind): string {
  const { provider, mode, account } = scopeColumns();
  const what = isSubscriptionWrite(kind) ? "SUBSCRIPTION" : kind;
  return [provider, mode, account, workspaceId, what].join(":");
}

/**
 * Commits an operation before the vendor is called, or answers the one that is open already: unique while open per
 * workspace and kind, so that a second click, tab or member meets the first. `alongside` is committed with a new one.
 */
export async function beginOperation(input: {
  workspaceId: string;
  userId: string;
  kind: OperationKind;
  input: OperationInput;
  expiresAt?: Date;
  alongside?: (tx: Database, operation: Operation) => Promise<void>;
}): Promise<{ operation: Operation; isNew: boolean }> {
  const key = openKey(input.workspaceId, input.kind);
  // Three rounds: the one that was open may be closed between our insert and our look.
  for (let round = 0; round < 3; round += 1) {
    const create = async (tx: Database) => {
      const [row] = await tx.operation.createManyAndReturn({
        data: [
          {
            ...scopeColumns(),
            workspaceId: input.workspaceId,
            userId: input.userId,
            kind: input.kind,
            openKey: key,
            input: { ...input.input },
            expiresAt: input.expiresAt ?? null,
            correlationId: requestContext().correlationId,
          },
        ],
        skipDuplicates: true,
      });
      const operation = row && toOperation(row);
      if (operation) await input.alongside?.(tx, operation);
      return operation;
    };
    const created = await (input.alongside ? db().$transaction(create) : create(db()));
    if (created) return { operation: created, isNew: true };
    const open = await db().operation.findUnique({ where: { openKey: key } });
    if (open) return { operation: toOperation(open), isNew: false };
  }
  throw new Error(`operation ${input.kind} opens and closes faster than it can be met`);
}

export async function findOperation(workspaceId: string, id: string): Promise<Operation | null> {
  const row = await db().operation.findFirst({ where: { ...scopeColumns(), id, workspaceId } });
  return row && toOperation(row);
}

/** The same by its id alone: for work of our own, never for an id that somebody sent. */
export async function findOperationById(id: string): Promise<Operation | null> {
  const row = await db().operation.findFirst({ where: { ...scopeColumns(), id } });
  return row && toOperation(row);
}

/** The last write to a workspace's subscription, and when its row last changed. */
export async function findLastSubscriptionWrite(
  workspaceId: string,
): Promise<{ operation: Operation; updatedAt: Date } | null> {
  const row = await db().operation.findFirst({
    where: { ...scopeColumns(), workspaceId, kind: { in: [...SUBSCRIPTION_WRITES] } },
    orderBy: { createdAt: "desc" },
  });
  return row && { operation: toOperation(row), updatedAt: row.updatedAt };
}

/** Keeps what the vendor answered; the operation stays open. */
export async function saveOperationResult(id: string, result: OperationResult): Promise<void> {
  await db().operation.update({ where: { id }, data: { result: { ...result } } });
}

/**
 * An operation older than this has lost its maker: every deadline of ours is shorter. What came of it is looked up at
 * the vendor before anything is done under a new key, for an idempotency key may replay a stored failure for a day.
 */
const ABANDONED_MS = 20_000;

/** When an operation begun at that moment has lost its maker. The vendor may still be at work on it. */
export function abandonedAt({ createdAt }: { createdAt: Date }): Date {
  return new Date(createdAt.getTime() + ABANDONED_MS);
}

/**
 * A write that the vendor does not show after this was not made: it was sent within 10 s (our longest deadline), and
 * the vendor's own SDK waits 80 s for an answer unless told otherwise.
 */
const LAST_EFFECT_MS = 90_000;

/** From when on an operation begun at that moment can no longer take effect at the vendor. */
export function lastEffectAt({ createdAt }: { createdAt: Date }): Date {
  return new Date(createdAt.getTime() + LAST_EFFECT_MS);
}

/** Whether an open operation's maker may still be at work on it. */
export function isUnderWay(operation: Operation): boolean {
  return operation.state === "OPEN" && operation.errorCode === null && new Date() < abandonedAt(operation);
}

/** The error code of a write that was looked up and has not taken effect. */
export const NOT_MADE = "not_made";

/**
 * Runs the vendor's part of an operation. What certainly had no effect closes it; where that is not certain, it stays
 * open to be looked up.
 */
export async function attemptOperation<T>(operation: Operation, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const errorCode = codeOf(error);
    if (!mayHaveTakenEffect(error)) await closeOperation(db(), operation.id, "FAILED", errorCode);
    else await db().operation.updateMany({ where: { id: operation.id, state: "OPEN" }, data: { errorCode } });
    throw error;
  }
}

function codeOf(error: unknown): string {
  if (isIntegrationError(error)) return error.kind;
  return isAppError(error) ? error.code : "unknown";
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

/**
 * Closes a write to a subscription that the vendor's own books show as made, whatever was believed of it before.
 * Answers it once: null where that was known already, and where it is no such write.
 */
export async function closeMadeWrite(
  tx: Database,
  { workspaceId, id }: { workspaceId: string; id: string },
): Promise<Operation | null> {
  const [row] = await tx.operation.updateManyAndReturn({
    where: {
      ...scopeColumns(),
      ...{ id, workspaceId, kind: { in: [...SUBSCRIPTION_WRITES] }, state: { not: "SUCCEEDED" } },
    },
    data: { state: "SUCCEEDED", openKey: null, errorCode: null },
  });
  return row ? toOperation(row) : null;
}

/**
 * Closes the checkout operation behind a vendor's checkout, by either id: one of them may have been lost. Answers
 * whose it was; null where none was open.
 */
export async function closeCheckoutOperation(
  tx: Database,
  checkout: { checkoutId: string; operationId: string | null },
  state: "SUCCEEDED" | "EXPIRED" | "FAILED",
): Promise<string | null> {
  const byResult = { result: { path: ["checkoutId"], equals: checkout.checkoutId } };
  const [closed] = await tx.operation.updateManyAndReturn({
    where: {
      ...scopeColumns(),
      kind: "CHECKOUT",
      state: "OPEN",
      OR: checkout.operationId ? [byResult, { id: checkout.operationId }] : [byResult],
    },
    data: { state, openKey: null },
    select: { workspaceId: true },
  });
  return closed?.workspaceId ?? null;
}

/** The checkout that is open for a workspace. */
export async function findOpenCheckout(tx: Database, workspaceId: string): Promise<Operation | null> {
  const row = await tx.operation.findUnique({ where: { openKey: openKey(workspaceId, "CHECKOUT") } });
  return row && toOperation(row);
}
