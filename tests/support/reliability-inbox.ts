/** What the tests of inbox and outbox do over and over: somebody who subscribes, their webhooks, and what came of them. */
import { randomUUID } from "node:crypto";
import type { Viewer } from "@/lib/billing/views";
import { newViewer, type startBackend } from "./backend";
import { eventually, PATIENCE_MS } from "./poll";
import type { Delivery } from "./vendors";

type Backend = Awaited<ReturnType<typeof startBackend>>;

export interface Subscriber {
  viewer: Viewer;
  customerId: string;
  subscriptionId: string;
}

/** Modules of the app read the environment once: to be called after `startBackend`. */
export async function inboxOf(backend: Backend) {
  const { PLANS } = await import("@/lib/billing/plans");
  const { payments } = await import("@/lib/integrations/payments");
  const { ensureCustomer } = await import("@/lib/sync/ensure-customer");
  const { paymentsEventRow } = await import("@/lib/webhooks/payments-event");
  const { receiveWebhook } = await import("@/lib/webhooks/receive");
  const { pump } = await import("@/lib/webhooks/process");
  const { scope, verifyWebhook } = payments();
  await payments().pushCatalogue(Object.values(PLANS));
  const prices = await backend.stripe.prices.list({ lookup_keys: ["pro_month"] });
  const proPrice = prices.data[0]?.id ?? "";

  /** Hands the app a webhook in this process, signed as it came. Gives the answer's status. */
  const receive = async ({ headers, body }: Pick<Delivery, "headers" | "body">): Promise<number> => {
    const request = new Request("http://localhost/api/webhooks/stripe", { method: "POST", headers, body });
    const response = await receiveWebhook(
      request,
      scope.provider,
      verifyWebhook,
      paymentsEventRow,
      () => undefined,
    );
    return response.status;
  };

  /** The vendor's webhook about an object, once it has been sent; `nth` from 0. */
  const webhookOf = (type: string, objectId: string, nth = 0): Promise<Delivery> =>
    eventually(`the webhook ${type} of ${objectId}`, async () => {
      const found = backend.deliveries.filter(({ vendor, body }) => {
        if (vendor !== "stripe") return false;
        const event = JSON.parse(body) as { type: string; data: { object: { id: string } } };
        return event.type === type && event.data.object.id === objectId;
      });
      return found[nth];
    });

  /** A paid subscription of somebody, at the vendor only, made as by our checkout. */
  const subscribe = async (viewer: Viewer, customerId: string): Promise<string> => {
    const { id } = await backend.stripe.subscriptions.create({
      customer: customerId,
      items: [{ price: proPrice }],
      default_payment_method: "pm_card_visa",
      metadata: { workspace_id: viewer.workspaceId, operation_id: randomUUID() },
    });
    return id;
  };

  return {
    receive,
    webhookOf,
    subscribe,
    pump,
    /** Somebody with a paid subscription at the vendor that the app has not heard of, and no mail that waits. */
    subscriber: async (): Promise<Subscriber> => {
      const viewer = await newViewer();
      const customerId = await ensureCustomer(viewer);
      const subscriptionId = await subscribe(viewer, customerId);
      await pump.run();
      return { viewer, customerId, subscriptionId };
    },
    /** As many seconds as a lease lasts go by for whoever holds one. */
    letLeasesEnd: async (): Promise<void> => {
      for (const table of ["webhook_event", "outbox_message"])
        await backend.rows(
          `UPDATE ${table} SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL`,
        );
    },
    /** Resolves with the milliseconds that it took until neither table has work left. */
    allDone: async (timeoutMs = PATIENCE_MS): Promise<number> => {
      const since = Date.now();
      await eventually(
        "everything to be done",
        async () => {
          const [left] = await backend.rows<{ count: string }>(
            `SELECT (SELECT count(*) FROM webhook_event WHERE status = 'PENDING')
                  + (SELECT count(*) FROM outbox_message WHERE status = 'PENDING') AS count`,
          );
          return left?.count === "0";
        },
        timeoutMs,
      );
      return Date.now() - since;
    },
    statusOf: async (subscriptionId: string): Promise<string | null> => {
      const [row] = await backend.rows<{ status: string }>(
        "SELECT status FROM subscription WHERE external_id = $1",
        [subscriptionId],
      );
      return row?.status ?? null;
    },
  };
}
