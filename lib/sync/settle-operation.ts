import { db } from "@/lib/db/client";
import { closeOperation, findOperation, lastEffectAt, NOT_MADE, type Operation } from "@/lib/db/operations";
import { notYet } from "./finish";
import { syncSubscription } from "./sync-subscription";

/**
 * Finds out what became of a write to a subscription whose outcome is not known. It took effect where the vendor's
 * metadata names it; it did not where the vendor was asked after the time in which it still could. Answers its state:
 * "OPEN" where it cannot be told yet. Convergent: run again, it changes nothing.
 * @throws IntegrationError while the vendor does not say
 */
export async function settleOperation(operation: Operation): Promise<Operation["state"]> {
  const { id, workspaceId, subscriptionId } = operation;
  if (operation.state !== "OPEN" || subscriptionId === null) return operation.state;
  const askedAt = new Date();
  // Closes the operation as well, where the subscription names it.
  await syncSubscription(subscriptionId, notYet);
  if (askedAt >= lastEffectAt(operation)) await closeOperation(db(), id, "EXPIRED", NOT_MADE);
  return (await findOperation(workspaceId, id))?.state ?? "EXPIRED";
}
