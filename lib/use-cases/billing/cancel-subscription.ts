import { billingState } from "@/lib/billing/status";
import type { Viewer } from "@/lib/billing/views";
import { AppError } from "@/lib/errors/app-error";
import { payments } from "@/lib/integrations/payments";
import { requireSubscription, type WriteOutcome, writeSubscription } from "@/lib/sync/write-subscription";

/** Cancels at the end of the paid period. */
export async function cancelSubscription({ viewer }: { viewer: Viewer }): Promise<WriteOutcome> {
  const current = await requireSubscription(viewer.workspaceId);
  if (!billingState(current.view, new Date()).canCancel) {
    throw new AppError("conflict", { userMessage: "This subscription is cancelled already." });
  }
  return writeSubscription({
    viewer,
    subscriptionId: current.externalId,
    kind: "CANCEL",
    choice: null,
    write: (operationId) =>
      payments().setCancelAtPeriodEnd({ operationId, subscriptionId: current.externalId, cancel: true }),
  });
}
