import { after } from "next/server";
import { email } from "@/lib/integrations/email";
import { emailEventRow } from "@/lib/webhooks/email-event";
import { pump } from "@/lib/webhooks/process";
import { receiveWebhook } from "@/lib/webhooks/receive";

export async function POST(request: Request): Promise<Response> {
  const provider = email();
  const response = await receiveWebhook(request, provider.id, provider.verifyWebhook, emailEventRow);
  if (response.ok) after(() => pump.run());
  return response;
}
