import { openPortalAction } from "@/app/(app)/billing/actions";
import { ActionForm } from "@/components/forms/action-form";
import { AutoRefresh } from "@/components/forms/auto-refresh";
import { Alert } from "@/components/ui/alert";
import { formatDate } from "@/lib/billing/format";
import type { BillingState, SubscriptionView } from "@/lib/billing/status";
import type { PendingOperationView } from "@/lib/billing/views";

interface Words {
  title: string;
  text: string;
}

const ON_ITS_OWN = "This page shows the outcome by itself. You can leave; it goes on without you.";
const NOT_TWICE = `You won't be charged twice. ${ON_ITS_OWN}`;

const PENDING: Record<PendingOperationView["state"], Record<PendingOperationView["kind"], Words>> = {
  under_way: {
    change_plan: { title: "Your plan is being changed", text: ON_ITS_OWN },
    cancel: { title: "Your cancellation is under way", text: ON_ITS_OWN },
    resume: { title: "Your subscription is being resumed", text: ON_ITS_OWN },
  },
  checking: {
    change_plan: {
      title: "We are checking whether your change went through.",
      text: NOT_TWICE,
    },
    cancel: {
      title: "We are checking whether your cancellation went through.",
      text: NOT_TWICE,
    },
    resume: {
      title: "We are checking whether your subscription was resumed.",
      text: NOT_TWICE,
    },
  },
  not_made: {
    change_plan: {
      title: "Your change did not go through.",
      text: "Your plan is as it was, and you have not been charged. You can try again.",
    },
    cancel: {
      title: "Your cancellation did not go through.",
      text: "Your subscription goes on as before. You can try again.",
    },
    resume: {
      title: "Your subscription was not resumed.",
      text: "It still ends as planned, and you have not been charged. You can try again.",
    },
  },
};

/** An answer that is on its way comes in seconds; an outage may take a while. */
const REFRESH: Record<"under_way" | "checking", { everyMs: number; forMs: number }> = {
  under_way: { everyMs: 1_000, forMs: 30_000 },
  checking: { everyMs: 2_000, forMs: 60 * 60 * 1_000 },
};

/** What became of a change, or that it is not known yet; until it is, the page renews itself. */
export function PendingNotice({ pending: { id, kind, state } }: { pending: PendingOperationView }) {
  const { title, text } = PENDING[state][kind];
  return (
    <div role="status">
      <Alert tone={state === "not_made" ? "warning" : "neutral"} title={title}>
        <p className={state === "not_made" ? undefined : "text-muted"}>{text}</p>
      </Alert>
      {state === "not_made" ? null : (
        <>
          <AutoRefresh key={`${id} ${state}`} {...REFRESH[state]} />
          <noscript>
            <meta httpEquiv="refresh" content="5;url=/billing" />
          </noscript>
        </>
      )}
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
