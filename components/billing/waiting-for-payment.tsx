"use client";

import { startTransition, useEffect, useState } from "react";
import { recheckCheckoutAction } from "@/app/(app)/billing/actions";
import { ActionForm } from "@/components/forms/action-form";
import { AutoRefresh } from "@/components/forms/auto-refresh";
import { Card } from "@/components/ui/card";
import { Spinner } from "@/components/ui/spinner";

const SLOW_AFTER_MS = 15_000;
const ROUND_SECONDS = 3;

interface WaitingForPaymentProps {
  operationId: string;
  /** Without JavaScript: how often the page has renewed itself, 3 seconds each. */
  rounds: number;
}

/**
 * Waits for the confirmation to reach us, and looks each second. After 15 seconds it explains, has the payment service
 * asked anew, and offers to ask again.
 */
export function WaitingForPayment({ operationId, rounds }: WaitingForPaymentProps) {
  const [slow, setSlow] = useState(rounds * ROUND_SECONDS * 1_000 >= SLOW_AFTER_MS);

  useEffect(() => {
    const timer = setTimeout(() => {
      setSlow(true);
      const request = new FormData();
      request.set("operationId", operationId);
      // Answered by the page that follows; where it fails, the button below says why.
      startTransition(async () => void (await recheckCheckoutAction(null, request)));
    }, SLOW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [operationId]);

  const again = `/billing/return?operation=${encodeURIComponent(operationId)}&waited=${rounds + 1}`;
  return (
    <Card className="p-8 text-center">
      <AutoRefresh everyMs={1_000} forMs={180_000} />
      <noscript>
        <meta httpEquiv="refresh" content={`${slow ? ROUND_SECONDS * 5 : ROUND_SECONDS};url=${again}`} />
      </noscript>
      <span className="mx-auto flex size-12 items-center justify-center rounded-full bg-accent-soft text-accent">
        <Spinner />
      </span>
      <div role="status">
        <h1 className="mt-6 text-2xl font-semibold">Waiting for confirmation</h1>
        <p className="mt-2 text-muted">
          If your payment went through on the payment page, its confirmation is on the way to us. It usually
          takes a few seconds, and this page follows by itself.
        </p>
        {slow ? (
          <p className="mt-4 text-muted">
            This is taking longer than usual, so we are asking for the confirmation ourselves. Your payment is
            safe and need not be made again. You can leave this page, or let us ask once more.
          </p>
        ) : null}
      </div>
      {slow ? (
        <div className="mt-8 flex justify-center">
          <ActionForm action={recheckCheckoutAction} fields={{ operationId }} pendingLabel="Checking…">
            Check now
          </ActionForm>
        </div>
      ) : null}
    </Card>
  );
}
