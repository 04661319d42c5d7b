import { after } from "next/server";
import { payments } from "@/lib/integrations/payments";
import { paymentsEventRow } from "@/lib/webhooks/payments-event";
import { pump } from "@/lib/webhooks/process";
import { receiveWebhook } from "@/lib/webhooks/receive";

export async function POST(request: Request): Promise<Response> {
  const provider = payments();
  const response = await receiveWebhook(
    request,
    provider.scope.provider,
    provider.verifyWebhook,
    paymentsEventRow,
  );
  if (response.ok) after(() => pump.run());
  return response;
}
