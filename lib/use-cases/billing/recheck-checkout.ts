import type { Viewer } from "@/lib/billing/views";
import { findOperation } from "@/lib/db/operations";
import { AppError } from "@/lib/errors/app-error";
import { requestSync } from "@/lib/sync/request-sync";

/** Has a checkout of the workspace's own looked at again. */
export async function recheckCheckout(input: { viewer: Viewer; operationId: string }): Promise<void> {
  const operation = await findOperation(input.viewer.workspaceId, input.operationId);
  const checkoutId = operation?.result.checkoutId;
  if (!checkoutId) {
    throw new AppError("not_found", { userMessage: "There is no payment to look for." });
  }
  await requestSync("checkout", checkoutId);
}
