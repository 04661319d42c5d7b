import { z } from "zod";
import { deliveryHandlersOf } from "@/lib/webhooks/delivery-reports";

/** https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event#delivery-events */
const bouncedSchema = z.object({ type: z.string() });
const droppedSchema = z.object({ reason: z.string() });

/** "blocked" is this mail's or this hour's trouble; only "bounce" puts an address onto the vendor's own list. */
function bounceReason(payload: unknown): "bounced" | null {
  const parsed = bouncedSchema.safeParse(payload);
  return parsed.success && parsed.data.type === "bounce" ? "bounced" : null;
}

/** Not even tried. Other reasons than these are about the mail or the account: spam content, a plan that is used up. */
const DROPPED: Record<string, "bounced" | "complained" | "unsubscribed" | "vendor"> = {
  "bounced address": "vendor",
  // A wish, not a fault of the address: it keeps back no more than the same wish that is told to us.
  "unsubscribed address": "unsubscribed",
  "spam reporting address": "complained",
  invalid: "bounced",
};

function dropReason(payload: unknown) {
  const parsed = droppedSchema.safeParse(payload);
  return parsed.success ? (DROPPED[parsed.data.reason.toLowerCase()] ?? null) : null;
}

export const sendGridDeliveryHandlers = deliveryHandlersOf({
  processed: { state: "sent" },
  deferred: { state: "delayed" },
  delivered: { state: "delivered" },
  spamreport: { state: "complained", suppresses: () => "complained" },
  bounce: { state: "bounced", suppresses: bounceReason },
  dropped: { state: "suppressed", suppresses: dropReason },
});
