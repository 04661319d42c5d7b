import { CircleCheck, CircleHelp, Clock3 } from "lucide-react";
import { Card } from "@/components/ui/card";
import { LinkButton } from "@/components/ui/link-button";

interface CheckoutOutcomeProps {
  outcome: "active" | "expired" | "unknown";
  planName: string | null;
  email: string;
}

/** How a checkout ended. */
export function CheckoutOutcome({ outcome, planName, email }: CheckoutOutcomeProps) {
  if (outcome === "active") {
    return (
      <Card className="p-8 text-center" role="status">
        <span className="mx-auto flex size-12 items-center justify-center rounded-full bg-positive-soft text-positive">
          <CircleCheck aria-hidden="true" className="size-6" />
        </span>
        <h1 className="mt-6 text-2xl font-semibold">
          {planName ? `${planName} is active` : "Your plan is active"}
        </h1>
        <p className="mt-2 break-words text-muted">
          Your payment is confirmed. A receipt is on its way to {email}, and the invoice is on your billing
          page.
        </p>
        <div className="mt-8 flex flex-col justify-center gap-2 sm:flex-row">
          <LinkButton href="/dashboard">Go to your dashboard</LinkButton>
          <LinkButton href="/billing" variant="secondary">
            See billing
          </LinkButton>
        </div>
      </Card>
    );
  }
  const expired = outcome === "expired";
  const Icon = expired ? Clock3 : CircleHelp;
  return (
    <Card className="p-8 text-center">
      <span className="mx-auto flex size-12 items-center justify-center rounded-full bg-sunken text-muted">
        <Icon aria-hidden="true" className="size-6" />
      </span>
      <h1 className="mt-6 text-2xl font-semibold">
        {expired ? "This payment page has closed" : "We do not know this payment"}
      </h1>
      <p className="mt-2 text-muted">
        {expired
          ? "It was open for too long, or was replaced by a newer one. Nothing was charged. You can choose a plan again."
          : "The link may be old or belong to another workspace. Your billing page shows what is really there."}
      </p>
      <LinkButton href="/billing" className="mt-8">
        {expired ? "Choose a plan" : "Go to billing"}
      </LinkButton>
    </Card>
  );
}
