import { openPortalAction } from "@/app/(app)/billing/actions";
import { ActionForm } from "@/components/forms/action-form";
import { AutoRefresh } from "@/components/forms/auto-refresh";
import { Alert } from "@/components/ui/alert";
import { formatDate } from "@/lib/billing/format";
import type { BillingState, SubscriptionView } from "@/lib/billing/status";
import type { PendingOperationView } from "@/lib/billing/views";

const PENDING: Record<PendingOperationView["kind"], { title: string; text: string }> = {
  change_plan: {
    title: "Your plan is being changed",
    text: "This page shows the new plan as soon as the change is confirmed. You can leave; it goes on without you.",
  },
  cancel: {
    title: "Your cancellation is under way",
    text: "This page shows it as soon as it is confirmed. You can leave; it goes on without you.",
  },
  resume: {
    title: "Your subscription is being resumed",
    text: "This page shows it as soon as it is confirmed. You can leave; it goes on without you.",
  },
};

/** A change that is still under way; the page renews itself for half a minute. */
export function PendingNotice({ pending }: { pending: PendingOperationView }) {
  const { title, text } = PENDING[pending.kind];
  return (
    <div role="status">
      <Alert tone="neutral" title={title}>
        <p className="text-muted">{text}</p>
      </Alert>
      <AutoRefresh key={pending.id} everyMs={1_000} forMs={30_000} />
    </div>
  );
}

export function CheckoutCancelledNotice() {
  return (
    <Alert tone="neutral" title="Nothing was charged">
      <p className="text-muted">You left the payment page before paying. Your plan is as it was.</p>
    </Alert>
  );
}

interface PaymentProblemProps {
  subscription: SubscriptionView;
  state: BillingState;
  canManage: boolean;
}

/** A payment that did not go through: how long access lasts, and the way to settle it. */
export function PaymentProblem({ subscription, state, canManage }: PaymentProblemProps) {
  if (subscription.status !== "past_due" && subscription.status !== "unpaid") return null;
  const critical = !state.hasPaidAccess;
  return (
    <Alert tone={critical ? "critical" : "warning"} title="Your last payment did not go through">
      <p>
        {critical || state.accessEndsAt === null
          ? "Until it is settled, the workspace has what Free includes. Your data is untouched."
          : `You keep ${state.plan.name} until ${formatDate(state.accessEndsAt)} while we try again.`}{" "}
        {canManage
          ? "Check the card on file, or use another one."
          : "An owner or admin of the workspace can put in another card."}
      </p>
      {canManage ? (
        <div className="pt-2">
          <ActionForm
            action={openPortalAction}
            variant="secondary"
            pendingLabel="Opening…"
            className="self-start"
          >
            Update your card
          </ActionForm>
        </div>
      ) : null}
    </Alert>
  );
}
