import { ConfirmPanel } from "@/components/forms/confirm-panel";
import { isPaidPlanKey } from "@/lib/billing/plans";
import type { BillingState, SubscriptionView } from "@/lib/billing/status";
import { cancelConfirmation, changeConfirmation } from "./confirmations";

interface BillingConfirmPanelProps {
  query: Record<string, string | string[] | undefined>;
  subscription: SubscriptionView;
  state: BillingState;
}

/** The question that a link such as `/billing?confirm=cancel` asks where no script could open its dialog. */
export function BillingConfirmPanel({ query, subscription, state }: BillingConfirmPanelProps) {
  if (query.confirm === "cancel" && state.canCancel) {
    return <ConfirmPanel {...cancelConfirmation(subscription)} keepHref="/billing" />;
  }
  if (query.confirm !== "change" || !state.canChangePlan || !isPaidPlanKey(query.plan)) return null;
  const interval = query.interval === "year" ? "year" : "month";
  if (subscription.planKey === query.plan && subscription.interval === interval) return null;
  return <ConfirmPanel {...changeConfirmation(subscription, query.plan, interval)} keepHref="/billing" />;
}
