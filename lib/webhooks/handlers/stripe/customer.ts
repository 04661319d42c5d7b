import { SYNC_REQUESTS } from "@/lib/sync/request-sync";
import { syncCustomer, syncCustomerCards } from "@/lib/sync/sync-customer";
import type { HandlerFamily } from "@/lib/webhooks/handler";

const DELETED = "customer.deleted";

/** A customer is updated by every charge, and read itself only where there is a doubt that it is still there. */
export const customerHandlers: HandlerFamily = {
  types: ["customer.updated", DELETED, SYNC_REQUESTS.customer],
  handle: async ({ objectId, types }, finish) => {
    const isDoubtful = types.includes(DELETED) || types.includes(SYNC_REQUESTS.customer);
    return isDoubtful ? syncCustomer(objectId, finish) : syncCustomerCards(objectId, finish);
  },
};
