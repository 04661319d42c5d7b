import { randomUUID } from "node:crypto";
import type { Viewer } from "@/lib/billing/views";
import { findOperation } from "@/lib/db/operations";
import { scopeColumns } from "@/lib/db/scope";
import { insertWebhookEvent } from "@/lib/db/webhook-events";
import { AppError } from "@/lib/errors/app-error";

/**
 * Asks for a checkout to be looked at again, through the inbox like everything the vendor says: the request is a row,
 * so that it is not lost and one path alone grants anything.
 */
export async function recheckCheckout(input: { viewer: Viewer; operationId: string }): Promise<void> {
  const operation = await findOperation(input.viewer.workspaceId, input.operationId);
  const checkoutId = operation?.result.checkoutId;
  if (!operation || !checkoutId) {
    throw new AppError("not_found", { userMessage: "There is no payment to look for." });
  }
  await insertWebhookEvent({
    ...scopeColumns(),
    externalId: `recheck:${randomUUID()}`,
    type: "breakwater.checkout.recheck",
    apiVersion: null,
    objectId: checkoutId,
    payload: JSON.stringify({ operationId: operation.id }),
    occurredAt: new Date(),
    status: "PENDING",
  });
}
