import { after } from "next/server";
import { email } from "@/lib/integrations/email";
import { emailEventRow } from "@/lib/webhooks/email-event";
import { pump } from "@/lib/webhooks/process";
import { receiveWebhook } from "@/lib/webhooks/receive";

/** Seconds; the pump runs after the answer. */
export const maxDuration = 60;

const startPump = () => after(() => pump.run());

export async function POST(request: Request): Promise<Response> {
  const { id, verifyWebhook } = email();
  return receiveWebhook(request, id, verifyWebhook, emailEventRow, startPump);
}
