import { openPortalAction, resumeSubscriptionAction } from "@/app/(app)/billing/actions";
import { ActionForm } from "@/components/forms/action-form";
import { ConfirmAction } from "@/components/forms/confirm-action";
import { Badge } from "@/components/ui/badge";
import { SectionCard } from "@/components/ui/card";
import type { BillingState, SubscriptionView } from "@/lib/billing/status";
import type { CardView } from "@/lib/billing/views";
import { cancelConfirmation } from "./confirmations";
import { SubscriptionFacts } from "./subscription-facts";

interface SubscriptionSectionProps {
  subscription: SubscriptionView;
  state: BillingState;
  card: CardView | null;
  canManage: boolean;
  /** While a change is under way no second one is offered. */
  busy: boolean;
}

/** The subscription as it is, and what can be done with it. */
export function SubscriptionSection({
  subscription,
  state,
  card,
  canManage,
  busy,
}: SubscriptionSectionProps) {
  return (
    <SectionCard
      id="subscription"
      title="Your subscription"
      aside={<Badge tone={state.tone}>{state.label}</Badge>}
    >
      <SubscriptionFacts subscription={subscription} state={state} card={card} />
      {canManage ? (
        <div className="mt-8 flex flex-col gap-2 border-t pt-6 sm:flex-row sm:flex-wrap">
          {state.canResume && !busy ? (
            <ActionForm action={resumeSubscriptionAction} pendingLabel="Resuming…">
              Resume subscription
            </ActionForm>
          ) : null}
          <ActionForm action={openPortalAction} variant="secondary" pendingLabel="Opening…">
            Manage card and invoices
          </ActionForm>
          {state.canCancel && !busy ? (
            <ConfirmAction
              {...cancelConfirmation(subscription)}
              href="/billing?confirm=cancel"
              trigger="Cancel subscription"
              triggerVariant="quiet"
            />
          ) : null}
        </div>
      ) : null}
    </SectionCard>
  );
}
