import { deliveryHandlersOf } from "@/lib/webhooks/delivery-reports";

/** https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event#delivery-events */
export const sendGridDeliveryHandlers = deliveryHandlersOf({
  processed: "sent",
  deferred: "delayed",
  delivered: "delivered",
  spamreport: "complained",
  bounce: "bounced",
  // Not even tried: the address has bounced, complained or unsubscribed before.
  dropped: "suppressed",
});
