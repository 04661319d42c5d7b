import { leaveWork } from "@/lib/do-due-work";
import { payments } from "@/lib/integrations/payments";
import { paymentsEventRow } from "@/lib/webhooks/payments-event";
import { receiveWebhook } from "@/lib/webhooks/receive";

/** Seconds; the work is done after the answer. */
export const maxDuration = 60;

export async function POST(request: Request): Promise<Response> {
  const { scope, verifyWebhook } = payments();
  return receiveWebhook(request, scope.provider, verifyWebhook, paymentsEventRow, leaveWork);
}
