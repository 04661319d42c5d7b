import { after } from "next/server";
import { payments } from "@/lib/integrations/payments";
import { paymentsEventRow } from "@/lib/webhooks/payments-event";
import { pump } from "@/lib/webhooks/process";
import { receiveWebhook } from "@/lib/webhooks/receive";

/** Seconds; the pump runs after the answer. */
export const maxDuration = 60;

const startPump = () => after(() => pump.run());

export async function POST(request: Request): Promise<Response> {
  const { scope, verifyWebhook } = payments();
  return receiveWebhook(request, scope.provider, verifyWebhook, paymentsEventRow, startPump);
}
