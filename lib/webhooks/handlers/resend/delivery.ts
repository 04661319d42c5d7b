import { z } from "zod";
import { deliveryHandlersOf } from "@/lib/webhooks/delivery-reports";

/** https://resend.com/docs/webhooks/emails/bounced */
const bouncedSchema = z.object({
  data: z.object({ bounce: z.object({ type: z.string(), subType: z.string().optional() }) }),
});

/**
 * "Permanent": the address does not exist, or takes no mail from us. "Transient" and "Undetermined" say nothing about
 * the next mail: https://resend.com/docs/dashboard/emails/email-bounces
 */
function bounceReason(payload: unknown): "bounced" | "vendor" | null {
  const parsed = bouncedSchema.safeParse(payload);
  if (!parsed.success || parsed.data.data.bounce.type !== "Permanent") return null;
  return parsed.data.data.bounce.subType === "Suppressed" ? "vendor" : "bounced";
}

/** https://resend.com/docs/dashboard/webhooks/event-types */
export const resendDeliveryHandlers = deliveryHandlersOf({
  "email.sent": { state: "sent" },
  "email.delivery_delayed": { state: "delayed" },
  "email.delivered": { state: "delivered" },
  "email.complained": { state: "complained", suppresses: () => "complained" },
  "email.bounced": { state: "bounced", suppresses: bounceReason },
  // Of the account, not of the address: its quota is used up, for one.
  "email.failed": { state: "bounced" },
  "email.suppressed": { state: "suppressed", suppresses: () => "vendor" },
});
