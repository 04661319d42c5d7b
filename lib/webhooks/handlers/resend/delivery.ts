import { deliveryHandlersOf } from "@/lib/webhooks/delivery-reports";

/** https://resend.com/docs/dashboard/webhooks/event-types */
export const resendDeliveryHandlers = deliveryHandlersOf({
  "email.sent": "sent",
  "email.delivery_delayed": "delayed",
  "email.delivered": "delivered",
  "email.complained": "complained",
  "email.bounced": "bounced",
  "email.failed": "bounced",
  "email.suppressed": "suppressed",
});
