import { leaveWork } from "@/lib/do-due-work";
import { emailProvider } from "@/lib/integrations/email";
import { emailEventRowOf } from "@/lib/webhooks/email-event";
import { receiveWebhook } from "@/lib/webhooks/receive";

/** Seconds; the work is done after the answer. */
export const maxDuration = 60;

export async function POST(request: Request): Promise<Response> {
  const provider = emailProvider("resend");
  return receiveWebhook(request, provider.id, provider.verifyWebhook, emailEventRowOf(provider), leaveWork);
}
