"use client";

import type { ReactNode } from "react";
import { startCheckoutAction } from "@/app/(app)/billing/actions";
import { FormFailure } from "@/components/forms/form-failure";
import { useKeptForm } from "@/components/forms/use-kept-form";
import { IntervalSwitch } from "@/components/ui/interval-switch";
import { SubmitButton } from "@/components/ui/submit-button";
import { BILLING_INTERVALS, type BillingInterval } from "@/lib/billing/plans";

interface StartCheckoutFormProps {
  interval: BillingInterval;
  /** The plans, each with a submit button named "planKey". */
  children: ReactNode;
}

/** Interval and plan in one form; a success leaves for the payment page. */
export function StartCheckoutForm({ interval, children }: StartCheckoutFormProps) {
  const { failure, form, kept } = useKeptForm(startCheckoutAction);
  const selected = BILLING_INTERVALS.find((candidate) => candidate === kept("interval")) ?? interval;
  return (
    <form {...form} className="group/interval space-y-6">
      <IntervalSwitch id="checkout-interval" selected={selected} />
      <FormFailure
        failure={failure}
        retry={
          <SubmitButton
            name="planKey"
            value={kept("planKey")}
            variant="secondary"
            pendingLabel="Trying again…"
          >
            Try again
          </SubmitButton>
        }
      />
      {children}
    </form>
  );
}
