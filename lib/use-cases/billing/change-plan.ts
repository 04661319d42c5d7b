import { billingState } from "@/lib/billing/status";
import type { Viewer } from "@/lib/billing/views";
import type { PlanChoice } from "@/lib/db/operations";
import { AppError } from "@/lib/errors/app-error";
import { payments } from "@/lib/integrations/payments";
import { requireSubscription, type WriteOutcome, writeSubscription } from "@/lib/sync/write-subscription";

/** Switches plan or interval now; the difference is invoiced at once. */
export async function changePlan(input: { viewer: Viewer; choice: PlanChoice }): Promise<WriteOutcome> {
  const { viewer, choice } = input;
  const current = await requireSubscription(viewer.workspaceId);
  const { view } = current;
  if (!billingState(view, new Date()).canChangePlan) {
    throw new AppError("conflict", {
      userMessage: "The plan cannot be changed right now. Please reload the page.",
    });
  }
  if (view.planKey === choice.planKey && view.interval === choice.interval) {
    throw new AppError("invalid_input", { userMessage: "This is the plan that you have already." });
  }
  return writeSubscription({
    viewer,
    subscriptionId: current.externalId,
    kind: "CHANGE_PLAN",
    choice,
    write: (operationId) =>
      payments().changePlan({ operationId, subscriptionId: current.externalId, ...choice }),
  });
}
