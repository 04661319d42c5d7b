import { billingState } from "@/lib/billing/status";
import type { Viewer } from "@/lib/billing/views";
import { AppError } from "@/lib/errors/app-error";
import { payments } from "@/lib/integrations/payments";
import { requireSubscription, type WriteOutcome, writeSubscription } from "@/lib/sync/write-subscription";

/** Takes a cancellation back while the paid period still runs. */
export async function resumeSubscription({ viewer }: { viewer: Viewer }): Promise<WriteOutcome> {
  const current = await requireSubscription(viewer.workspaceId);
  if (!billingState(current.view, new Date()).canResume) {
    throw new AppError("conflict", { userMessage: "This subscription is not about to end." });
  }
  return writeSubscription({
    viewer,
    subscriptionId: current.externalId,
    kind: "RESUME",
    choice: null,
    write: (operationId) =>
      payments().setCancelAtPeriodEnd({ operationId, subscriptionId: current.externalId, cancel: false }),
  });
}
